//! Proves the pretend Discord with a small bot of its own, made with the same libraries as the real one.
//!
//! No story about RustOps stands here.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test support outside of test functions")]

use std::sync::Arc;
use std::time::Duration;

use poise::serenity_prelude as serenity;
use serenity::{
    ButtonStyle, ComponentInteractionDataKind, CreateActionRow, CreateAllowedMentions, CreateAttachment, CreateButton,
    CreateEmbed, CreateEmbedFooter, CreateInputText, CreateInteractionResponse, CreateInteractionResponseMessage,
    CreateMessage, CreateModal, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, EditMessage,
    GatewayIntents, InputTextStyle, Interaction,
};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::fake_discord::{Ending, FakeDiscord, Times, permission, without_times};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Context<'a> = poise::Context<'a, Gate, Error>;

/// Holds back the answers of `/slow` and `/sleepy` until a story opens it.
#[derive(Clone, Default)]
struct Gate(Arc<Notify>);

/// What the bot heard about guilds.
type News = mpsc::UnboundedReceiver<String>;

struct SmallBot {
    http: Arc<serenity::Http>,
    gate: Gate,
    news: News,
    shards: Arc<serenity::ShardManager>,
    running: JoinHandle<Result<(), serenity::Error>>,
}

impl SmallBot {
    async fn start(discord: &FakeDiscord) -> Self {
        Self::with(discord, discord.token(), GatewayIntents::GUILDS).await
    }

    async fn with(discord: &FakeDiscord, token: &str, intents: GatewayIntents) -> Self {
        let gate = Gate::default();
        let data = gate.clone();
        let (tell, news) = mpsc::unbounded_channel();
        let framework = poise::Framework::builder()
            .options(poise::FrameworkOptions {
                commands: vec![
                    hello(),
                    group(),
                    slow(),
                    secret(),
                    import(),
                    broken(),
                    track_players(),
                    sleepy(),
                    whois(),
                    twice(),
                ],
                event_handler: |framework, event| Box::pin(on_event(framework.serenity_context, event)),
                on_error: |_| Box::pin(async {}),
                initialize_owners: false,
                ..Default::default()
            })
            .setup(move |ctx, _, framework| {
                Box::pin(async move {
                    poise::builtins::register_globally(ctx, &framework.options().commands).await?;
                    Ok(data)
                })
            })
            .build();
        let http = serenity::HttpBuilder::new(token).proxy(discord.url()).ratelimiter_disabled(true).build();
        let mut client = serenity::ClientBuilder::new_with_http(http, intents)
            .framework(framework)
            .event_handler(Ears(tell))
            .await
            .unwrap();
        let (http, shards) = (Arc::clone(&client.http), Arc::clone(&client.shard_manager));
        let running = tokio::spawn(async move { client.start().await });
        Self { http, gate, news, shards, running }
    }

    async fn stop(mut self) {
        self.shards.shutdown_all().await;
        (&mut self.running).await.unwrap().unwrap();
    }
}

impl Drop for SmallBot {
    fn drop(&mut self) {
        self.running.abort();
    }
}

struct Ears(mpsc::UnboundedSender<String>);

#[serenity::async_trait]
impl serenity::EventHandler for Ears {
    async fn guild_create(&self, _: serenity::Context, guild: serenity::Guild, _: Option<bool>) {
        // A story that does not listen has dropped the other end.
        let _ = self.0.send(format!("{} with {} channel", guild.name, guild.channels.len()));
    }

    async fn guild_delete(&self, _: serenity::Context, gone: serenity::UnavailableGuild, _: Option<serenity::Guild>) {
        let _ = self.0.send(if gone.unavailable { "an outage".into() } else { "kicked out".into() });
    }
}

/// Greets
#[poise::command(slash_command)]
async fn hello(
    ctx: Context<'_>,
    #[description = "Whom"]
    #[autocomplete = "names"]
    name: String,
    #[description = "How often"]
    #[min = 1]
    #[max = 3]
    times: Option<u8>,
) -> Result<(), Error> {
    ctx.say(format!("Hello {name}").repeat(times.unwrap_or(1).into())).await?;
    Ok(())
}

async fn names(_: Context<'_>, partial: &str) -> serenity::CreateAutocompleteResponse {
    let found = ["Chenny", "Chester", "Tee"].into_iter().filter(|name| name.starts_with(partial));
    serenity::CreateAutocompleteResponse::new().set_choices(found.map(serenity::AutocompleteChoice::from).collect())
}

/// Groups
#[poise::command(slash_command, subcommands("add"))]
async fn group(_: Context<'_>) -> Result<(), Error> {
    Ok(())
}

/// Adds a player
#[poise::command(slash_command)]
async fn add(
    ctx: Context<'_>,
    #[description = "Which group"] group: String,
    #[description = "Which player"] player: String,
) -> Result<(), Error> {
    let refresh = CreateButton::new("refresh").label("Refresh");
    let page = CreateButton::new("page").label("1/2").style(ButtonStyle::Secondary).disabled(true);
    let options = vec![
        CreateSelectMenuOption::new("First", "1").description("the first"),
        CreateSelectMenuOption::new("Second", "2"),
    ];
    let select = CreateSelectMenu::new("pick", CreateSelectMenuKind::String { options }).placeholder("Which one?");
    let embed = CreateEmbed::new()
        .title(format!("{group} · 1 of 2 online"))
        .description(format!("🟢 **{player}** · <t:1781650000:R>\nsee </hello:{}>", command_id(ctx).await?))
        .field("Server", "Rusty Moose", false)
        .footer(CreateEmbedFooter::new("checked 40 s ago"))
        .colour(0x3b_a5_5d);
    let rows = vec![CreateActionRow::Buttons(vec![refresh, page]), CreateActionRow::SelectMenu(select)];
    ctx.send(poise::CreateReply::default().embed(embed).components(rows)).await?;
    Ok(())
}

async fn command_id(ctx: Context<'_>) -> Result<u64, Error> {
    let all = ctx.http().get_global_commands().await?;
    Ok(all.iter().find(|command| command.name == "hello").ok_or("not registered")?.id.get())
}

/// Takes its time
#[poise::command(slash_command, ephemeral)]
async fn slow(ctx: Context<'_>) -> Result<(), Error> {
    ctx.defer_ephemeral().await?;
    ctx.data().0.notified().await;
    ctx.say("done").await?;
    ctx.say("and more").await?;
    Ok(())
}

/// Never answers in time
#[poise::command(slash_command)]
async fn sleepy(ctx: Context<'_>) -> Result<(), Error> {
    ctx.data().0.notified().await;
    ctx.say("too late").await?;
    Ok(())
}

/// Whispers
#[poise::command(slash_command, required_permissions = "MANAGE_GUILD", default_member_permissions = "MANAGE_GUILD")]
async fn secret(ctx: Context<'_>) -> Result<(), Error> {
    ctx.send(poise::CreateReply::default().content("psst").ephemeral(true)).await?;
    Ok(())
}

/// Opens a modal
#[poise::command(slash_command)]
async fn import(ctx: poise::ApplicationContext<'_, Gate, Error>) -> Result<(), Error> {
    let input = CreateInputText::new(InputTextStyle::Paragraph, "Players", "players").placeholder("one a line");
    let modal = CreateModal::new("import", "Import players").components(vec![CreateActionRow::InputText(input)]);
    ctx.interaction.create_response(ctx.serenity_context(), CreateInteractionResponse::Modal(modal)).await?;
    Ok(())
}

/// Breaks a limit
#[poise::command(slash_command)]
async fn broken(ctx: Context<'_>) -> Result<(), Error> {
    let refused = ctx.send(poise::CreateReply::default().embed(CreateEmbed::new().title("x".repeat(257)))).await;
    ctx.say(refused.err().ok_or("Discord took it")?.to_string()).await?;
    Ok(())
}

/// Answers twice
#[poise::command(slash_command)]
async fn twice(ctx: poise::ApplicationContext<'_, Gate, Error>) -> Result<(), Error> {
    let again = CreateButton::new("later").label("Later");
    let first = CreateInteractionResponseMessage::new().content("once").button(again);
    let answer = CreateInteractionResponse::Message(first);
    ctx.interaction.create_response(ctx.serenity_context(), answer.clone()).await?;
    ctx.interaction.create_response(ctx.serenity_context(), answer).await?;
    Ok(())
}

/// Names a person and a role
#[poise::command(slash_command)]
async fn whois(
    ctx: Context<'_>,
    #[description = "Who"] who: serenity::User,
    #[description = "Role"] role: serenity::Role,
) -> Result<(), Error> {
    let mentions = CreateAllowedMentions::new().roles([role.id]);
    let text = format!("<@{}> <@&{}> @everyone {}", who.id, role.id, ctx.author().name);
    ctx.send(poise::CreateReply::default().content(text).allowed_mentions(mentions)).await?;
    Ok(())
}

#[poise::command(context_menu_command = "Track players")]
async fn track_players(ctx: Context<'_>, message: serenity::Message) -> Result<(), Error> {
    ctx.say(format!("{} wrote {}", message.author.name, message.content)).await?;
    Ok(())
}

async fn on_event(ctx: &serenity::Context, event: &serenity::FullEvent) -> Result<(), Error> {
    let text = |text: String| CreateInteractionResponseMessage::new().content(text);
    match event {
        serenity::FullEvent::InteractionCreate { interaction: Interaction::Component(pressed) } => {
            let answer = match &pressed.data.kind {
                ComponentInteractionDataKind::StringSelect { values } => {
                    CreateInteractionResponse::Message(text(format!("picked {}", values.join(", "))).ephemeral(true))
                }
                _ if pressed.data.custom_id == "later" => {
                    pressed.create_response(ctx, CreateInteractionResponse::Acknowledge).await?;
                    let edit = serenity::EditInteractionResponse::new().content("changed later").components(vec![]);
                    pressed.edit_response(ctx, edit).await?;
                    return Ok(());
                }
                _ => CreateInteractionResponse::UpdateMessage(text(format!("refreshed by {}", pressed.user.name))),
            };
            pressed.create_response(ctx, answer).await?;
        }
        serenity::FullEvent::InteractionCreate { interaction: Interaction::Modal(modal) } => {
            let serenity::ActionRowComponent::InputText(input) =
                modal.data.components.iter().flat_map(|row| &row.components).next().ok_or("no input")?
            else {
                return Err("no input".into());
            };
            let lines = input.value.as_deref().unwrap_or("").lines().count();
            let answer = CreateInteractionResponse::Message(text(format!("{lines} players")));
            modal.create_response(ctx, answer).await?;
        }
        _ => {}
    }
    Ok(())
}

#[tokio::test]
async fn a_person_types_a_command_and_reads_the_answer() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let reply = ann.types("/group add group:Purple Base player:\"Chenny: Bounce\"").await;
    insta::assert_snapshot!(without_times(&reply.text()), @r"
    ┃ Purple Base · 1 of 2 online «#3ba55d»
    ┃ 🟢 **Chenny: Bounce** · <t:…:R>
    ┃ see </hello>
    ┃ ■ Server
    ┃   Rusty Moose
    ┃ ── checked 40 s ago
    [Refresh] [1/2 (off)]
    ▾ Which one?
      · First — the first
      · Second
    ");
    assert!(!reply.is_ephemeral() && !reply.was_deferred());
    assert!(reply.first_answer_took() < Duration::from_secs(3));
    assert_eq!(reply.buttons(), ["Refresh"]);
    assert_eq!(discord.registrations(), 1);
    assert_eq!(discord.gateway().intents(), Some(1));
}

#[tokio::test]
async fn suggestions_come_for_the_option_being_typed() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let names: Vec<_> = ann.starts_typing("/hello name:Che").await.into_iter().map(|choice| choice.name).collect();
    assert_eq!(names, ["Chenny", "Chester"]);
    assert_eq!(ann.starts_typing("/hello name:").await.len(), 3);
}

#[tokio::test]
async fn everybody_presses_a_button_and_its_message_changes() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let guild = discord.guild("Purple clan");
    let reply = guild.member("Ann").types("/group add group:a player:b").await;
    let after = guild.member("Ben").presses(&reply, "Refresh").await;
    assert!(after.text().starts_with("refreshed by ben\n"));
    assert_eq!(after.message().id(), reply.message().id());
    assert_eq!(reply.latest().edits(), 1);
    let picked = guild.member("Ben").picks(&reply, "Second").await;
    insta::assert_snapshot!(picked.text(), @r"
    picked 2
    (only Ben sees this)
    ");
    assert_eq!(guild.channel("general").messages().len(), 1);
}

#[tokio::test]
async fn a_modal_opens_and_is_sent_off() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let modal = ann.types("/import").await;
    insta::assert_snapshot!(modal.text(), @r"
    ▢ Import players
      Players (many lines, required)
        (one a line)
    ");
    let reply = ann.submits(&modal, &[("Players", "a\nb")]).await;
    assert_eq!(reply.text(), "2 players");
}

#[tokio::test]
async fn a_deferred_answer_is_waited_for() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let pending = ann.sends("/slow").await;
    assert!(pending.first_answer().await.is_some());
    bot.gate.0.notify_one();
    let reply = pending.final_answer().await;
    assert!(reply.was_deferred() && reply.is_ephemeral());
    assert_eq!(reply.text(), "done\n(only Ann sees this)");
    discord.wait_until(|_| reply.followups().len() == 1).await;
    assert_eq!(reply.followups()[0].content(), "and more");
    assert!(discord.messages_in(&discord.guild("Purple clan").channel("general")).is_empty());
}

#[tokio::test]
async fn a_command_that_does_not_answer_in_time_fails() {
    let discord = FakeDiscord::start().await;
    discord.first_answer_within(Duration::from_millis(200));
    let bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let reply = ann.types("/sleepy").await;
    assert!(reply.failed());
    assert_eq!(reply.text(), "The application did not respond");
    bot.gate.0.notify_one();
    discord.wait_until(|discord| !discord.violations().is_empty()).await;
    assert!(discord.take_violations()[0].what.starts_with("a first answer after"));
}

#[tokio::test]
async fn a_broken_limit_is_refused_with_its_path_and_noted() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let reply = discord.guild("Purple clan").member("Ann").types("/broken").await;
    assert!(reply.text().contains("data.embeds.0.title: Must be 256 or fewer in length."), "{}", reply.text());
    let violations = discord.take_violations();
    assert!(!violations.is_empty() && violations.iter().all(|one| one.what.contains("embeds")), "{violations:?}");
}

#[tokio::test]
async fn commands_for_managers_are_offered_to_managers_only() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let guild = discord.guild("Purple clan");
    let refused = guild.member("Ann").types("/secret").await;
    assert!(refused.was_not_offered());
    let reply = guild.member("Mia").manager().types("/secret").await;
    assert_eq!(reply.text(), "psst\n(only Mia sees this)");
}

#[tokio::test]
async fn a_message_command_hands_over_the_message() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let guild = discord.guild("Purple clan");
    let reply = guild.member("Ann").uses_on_message("Track players", &guild.member("Ben"), "Chenny\nTee").await;
    assert_eq!(reply.text(), "ben wrote Chenny\nTee");
}

#[tokio::test]
async fn people_and_roles_are_resolved_and_only_allowed_mentions_ping() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let guild = discord.guild("Purple clan");
    guild.lets_bot(permission::EVERYONE | permission::MENTION_EVERYONE);
    let ann = guild.member("Ann").with_role("Raiders");
    guild.member("Ben");
    let reply = ann.types("/whois who:@Ben role:@Raiders").await;
    assert_eq!(reply.text(), "@Ben @Raiders @everyone ann");
    assert_eq!(reply.message().pings(), ["@Raiders"]);
}

#[tokio::test]
async fn an_interaction_is_answered_once() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let reply = ann.types("/twice").await;
    assert_eq!(reply.text(), "once\n[Later]");
    discord.wait_until(|discord| !discord.violations().is_empty()).await;
    assert_eq!(discord.take_violations()[0].what, "a second first answer");
    let after = ann.presses(&reply, "Later").await;
    assert!(after.was_deferred());
    assert_eq!(after.text(), "changed later");
}

#[tokio::test]
async fn a_burst_of_commands_is_answered_each_for_itself() {
    let discord = FakeDiscord::start().await;
    let _bot = SmallBot::start(&discord).await;
    discord.rest().delays("POST /interactions/*/*/callback", Times::Next(5), Duration::from_millis(20));
    let guild = discord.guild("Purple clan");
    let mut pending = Vec::new();
    for at in 0..20 {
        pending.push(guild.member("Ann").sends(&format!("/hello name:{at}")).await);
    }
    for (at, pending) in pending.into_iter().enumerate() {
        assert_eq!(pending.final_answer().await.text(), format!("Hello {at}"));
    }
}

#[tokio::test]
async fn commands_work_in_direct_messages_which_people_can_close() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let reply = ann.in_private().types("/hello name:you").await;
    assert_eq!(reply.text(), "Hello you");
    let user = serenity::UserId::new(ann.id());
    let dm = user.create_dm_channel(&bot.http).await.unwrap();
    dm.say(&bot.http, "the raid is on").await.unwrap();
    assert_eq!(ann.inbox().last().unwrap().content(), "the raid is on");
    ann.refuses_dms();
    assert_eq!(dm.say(&bot.http, "hello?").await.unwrap_err().to_string(), "Cannot send messages to this user");
}

#[tokio::test]
async fn guilds_come_and_go_while_the_bot_runs() {
    let discord = FakeDiscord::start().await;
    discord.guild("Purple clan");
    let mut bot = SmallBot::start(&discord).await;
    assert_eq!(bot.news.recv().await.unwrap(), "Purple clan with 1 channel");
    let late = discord.guild("Latecomers");
    assert_eq!(bot.news.recv().await.unwrap(), "Latecomers with 1 channel");
    late.becomes_unavailable();
    assert_eq!(bot.news.recv().await.unwrap(), "an outage");
    late.becomes_available();
    assert_eq!(bot.news.recv().await.unwrap(), "Latecomers with 1 channel");
    late.removes_bot();
    assert_eq!(bot.news.recv().await.unwrap(), "kicked out");
    let gone = serenity::GuildId::new(late.id()).to_partial_guild(&bot.http).await;
    assert_eq!(gone.unwrap_err().to_string(), "Unknown Guild");
}

#[tokio::test]
async fn a_dropped_connection_is_resumed_and_nothing_is_missed() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    ann.types("/hello name:Tee").await;
    discord.gateway().ends_before_hello(Times::Next(2), Ending::Closed(4000));
    discord.gateway().ends_connection(Ending::Dropped);
    let reply = ann.types("/hello name:Chenny").await;
    assert_eq!(reply.text(), "Hello Chenny");
    assert_eq!((discord.gateway().identifies(), discord.gateway().resumes()), (1, 1));
    assert_eq!(discord.gateway().connects(), 4);
    discord.gateway().asks_to_reconnect();
    discord.wait_until(|discord| discord.gateway().resumes() == 2).await;
    bot.shards.shutdown_all().await;
    discord.wait_until(|discord| discord.gateway().closed_by_bot() == [1000]).await;
}

#[tokio::test]
async fn heartbeats_come_as_often_as_asked_and_the_bot_leaves_cleanly() {
    let discord = FakeDiscord::start().await;
    discord.heartbeat_every(Duration::from_millis(100));
    let bot = SmallBot::start(&discord).await;
    discord.wait_until(|discord| discord.gateway().heartbeats() >= 2).await;
    bot.stop().await;
    assert_eq!(discord.gateway().closed_by_bot(), [1000]);
}

#[tokio::test]
async fn a_wrong_token_and_a_privileged_intent_are_refused() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::with(&discord, "not.the.token", GatewayIntents::GUILDS).await;
    assert!(bot.running_error().await.contains("InvalidAuthentication"));
    let bot = SmallBot::with(&discord, discord.token(), GatewayIntents::MESSAGE_CONTENT).await;
    assert!(bot.running_error().await.contains("Disallowed"));
}

impl SmallBot {
    /// Why it ended.
    async fn running_error(mut self) -> String {
        let ended = (&mut self.running).await.unwrap();
        format!("{:?}", ended.unwrap_err())
    }
}

#[tokio::test]
async fn the_bot_posts_edits_and_loses_a_message_where_it_may() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let guild = discord.guild("Purple clan");
    let scouting = guild.channel("scouting");
    let channel = serenity::ChannelId::new(scouting.id());
    let picture = CreateAttachment::bytes(b"picture".to_vec(), "map.png");
    let board = CreateMessage::new().embed(CreateEmbed::new().title("Board").attachment("map.png")).add_file(picture);
    let mut message = channel.send_message(&bot.http, board).await.unwrap();
    message.edit(&bot.http, EditMessage::new().content("newer")).await.unwrap();
    let seen = &scouting.messages()[0];
    assert_eq!((seen.edits(), seen.files()), (1, vec!["map.png"]));
    assert_eq!(seen.file("map.png"), Some(b"picture".as_slice()));
    insta::assert_snapshot!(seen.text(), @r"
    newer
    ┃ Board
    ┃ 🖼 map.png
    📎 map.png
    ");
    scouting.loses(seen);
    let gone = message.edit(&bot.http, EditMessage::new().content("newest")).await.unwrap_err();
    assert_eq!(gone.to_string(), "Unknown Message");
    scouting.denies_bot(permission::EMBED_LINKS);
    let refused = channel.send_message(&bot.http, CreateMessage::new().embed(CreateEmbed::new().title("x"))).await;
    assert_eq!(refused.unwrap_err().to_string(), "Missing Permissions");
    channel.say(&bot.http, "plain").await.unwrap();
    scouting.denies_bot(permission::VIEW_CHANNEL);
    assert_eq!(channel.say(&bot.http, "plain").await.unwrap_err().to_string(), "Missing Access");
}

#[tokio::test]
async fn rest_fails_and_limits_on_request() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let channel = serenity::ChannelId::new(discord.guild("Purple clan").channel("general").id());
    let status = |refused: serenity::Error| match refused {
        serenity::Error::Http(error) => error.status_code().map(|status| status.as_u16()),
        _ => None,
    };
    discord.rest().fails("POST /channels/*/messages", Times::Next(1), 503);
    assert_eq!(status(channel.say(&bot.http, "a").await.unwrap_err()), Some(503));
    discord.rest().limits_globally(Times::Next(1), Duration::from_millis(1500));
    assert_eq!(status(channel.say(&bot.http, "a").await.unwrap_err()), Some(429));
    channel.say(&bot.http, "a").await.unwrap();
    bot.http.get_guilds(None, None).await.unwrap_err();
    assert_eq!(discord.take_violations()[0].what, "unexpected request");
}

#[tokio::test]
async fn an_answer_can_be_changed_for_fifteen_minutes() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    let ann = discord.guild("Purple clan").member("Ann");
    let pending = ann.sends("/slow").await;
    pending.first_answer().await.unwrap();
    discord.advance(Duration::from_secs(15 * 60 + 1));
    bot.gate.0.notify_one();
    discord.wait_until(|discord| !discord.violations().is_empty()).await;
    assert_eq!(discord.take_violations()[0].what, "a token that is 901 s old");
}

#[tokio::test]
#[should_panic(expected = "unexpected request")]
async fn a_story_that_overlooks_a_violation_fails() {
    let discord = FakeDiscord::start().await;
    let bot = SmallBot::start(&discord).await;
    bot.http.get_guilds(None, None).await.unwrap_err();
}
