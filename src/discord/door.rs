//! What the bot hears from Discord and where it goes: each interaction into a talk of its own, guilds coming and going,
//! the state of the connection.
//!
//! Every talk ends here, also those that fail or panic. What is answered is known by the commands.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock, PoisonError, RwLock, atomic::AtomicBool},
};

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use poise::serenity_prelude as serenity;
use serenity::{Interaction, Permissions};
use tokio::sync::{Mutex, Semaphore, watch};

use super::{
    brake::Brake,
    commands,
    desk::Desk,
    phrases,
    post::Post,
    presses, register,
    reply::CommandIds,
    shelf::Shelf,
    talk::{Done, Origin, Talk, Trouble},
};
use crate::{
    app::{App, Asker, Rights},
    clock::Clock,
    domain::{
        ids::{GuildKey, MessageId, RoleId},
        names,
    },
};

/// More interactions than this wait for others to end.
const AT_ONCE: u32 = 4096;

/// What the whole bot shares.
pub(super) struct Door {
    pub(super) app: App,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) shelf: Shelf,
    pub(super) brake: Brake,
    pub(super) desk: Desk,
    pub(super) shards: OnceLock<Arc<serenity::ShardManager>>,
    options: poise::FrameworkOptions<Talk, Trouble>,
    ids: RwLock<CommandIds>,
    bot: OnceLock<serenity::UserId>,
    registering: Mutex<()>,
    busy: Semaphore,
    connected: watch::Sender<bool>,
}

impl Door {
    pub(super) fn new(app: App, clock: Arc<dyn Clock>, connected: watch::Sender<bool>) -> Self {
        Self {
            app,
            shelf: Shelf::default(),
            brake: Brake::new(Arc::clone(&clock)),
            desk: Desk::default(),
            shards: OnceLock::new(),
            options: commands::options(),
            ids: RwLock::default(),
            bot: OnceLock::new(),
            registering: Mutex::default(),
            busy: Semaphore::new(AT_ONCE as usize),
            connected,
            clock,
        }
    }

    /// The ids of the commands, as far as Discord told them.
    pub(super) fn ids(&self) -> CommandIds {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The bot's own user, once Discord told.
    pub(super) fn bot(&self) -> Option<serenity::UserId> {
        self.bot.get().copied()
    }

    /// Returns once no interaction is under way, and lets none begin any more.
    pub(super) async fn is_idle(&self) {
        // The semaphore is never closed, and then this cannot fail.
        if let Ok(all) = self.busy.acquire_many(AT_ONCE).await {
            all.forget();
        }
    }

    /// The round trip to the gateway; none before the first heartbeat.
    pub(super) async fn latency(&self) -> Option<SignedDuration> {
        let runners = self.shards.get()?.runners.lock().await;
        let latency = runners.values().find_map(|runner| runner.latency)?;
        SignedDuration::try_from(latency).ok()
    }

    async fn register(&self, post: &Post, application: serenity::ApplicationId) {
        // READY comes again after each new session; one registration at a time is enough.
        let Ok(_turn) = self.registering.try_lock() else { return };
        let ids = register::until_known(post, application, &self.options.commands).await;
        *self.ids.write().unwrap_or_else(PoisonError::into_inner) = ids;
        self.desk.ring();
    }

    async fn run(self: &Arc<Self>, context: &serenity::Context, heard: Heard) {
        let Ok(turn) = self.busy.acquire().await else { return };
        let Heard { origin, guild, who, interaction } = heard;
        let post = Post { http: Arc::clone(&context.http), clock: Arc::clone(&self.clock) };
        let asker = guild.as_ref().map(|(guild, member)| asker(*guild, member, &who));
        let in_guild = asker.is_some();
        let asker = asker.unwrap_or_else(|| Asker {
            guild: GuildKey::local(),
            actor: String::new(),
            actor_name: String::new(),
            rights: Rights::Member { manages: false, roles: Vec::new() },
        });
        let talk = Talk::new(Arc::clone(self), post, origin, asker);
        let work = async {
            if in_guild { self.route(context, &talk, interaction).await } else { Err(phrases::guild_only().into()) }
        };
        settle(&talk, Box::pin(work)).await;
        if in_guild {
            self.desk.guild_changed(&talk.asker().guild);
        }
        drop(turn);
        talk.expire().await;
    }

    async fn route(&self, context: &serenity::Context, talk: &Talk, interaction: Interaction) -> Done {
        match interaction {
            Interaction::Command(command) => self.command(context, talk, &command).await,
            Interaction::Component(component) => presses::pressed(talk, &component.data).await,
            Interaction::Modal(modal) => presses::sent_off(talk, &modal.data).await,
            _ => Ok(()),
        }
    }

    async fn command(&self, context: &serenity::Context, talk: &Talk, command: &serenity::CommandInteraction) -> Done {
        let framework = self.framework(context, talk)?;
        let (options, invocation) = (command.data.options(), Mutex::new(Box::new(()) as _));
        let (answered, mut tree) = (AtomicBool::new(false), Vec::new());
        let ended = poise::dispatch_interaction(framework, command, &answered, &invocation, &options, &mut tree).await;
        ended.map_err(trouble)
    }

    /// Suggestions are no talk: they have one answer and no errors, since nobody could see them.
    async fn suggest(self: &Arc<Self>, context: &serenity::Context, command: serenity::CommandInteraction) {
        let (Some(guild), Some(member)) = (command.guild_id, command.member.as_deref()) else { return };
        let post = Post { http: Arc::clone(&context.http), clock: Arc::clone(&self.clock) };
        let origin = Origin {
            id: command.id.get(),
            token: command.token.clone(),
            channel: command.channel_id,
            permissions: command.app_permissions,
            message: None,
            person: command.user.id.get(),
        };
        let talk = Talk::new(Arc::clone(self), post, origin, asker(guild, member, &command.user));
        let Ok(framework) = self.framework(context, &talk) else { return };
        let (options, invocation) = (command.data.options(), Mutex::new(Box::new(()) as _));
        let (answered, mut tree) = (AtomicBool::new(false), Vec::new());
        let ended =
            poise::dispatch_autocomplete(framework, &command, &answered, &invocation, &options, &mut tree).await;
        if let Err(error) = ended {
            tracing::warn!(cause = %trouble(error), "suggestions failed");
        }
    }

    fn framework<'a>(
        &'a self,
        context: &'a serenity::Context,
        talk: &'a Talk,
    ) -> Result<poise::FrameworkContext<'a, Talk, Trouble>, Trouble> {
        let shards = self.shards.get().ok_or_else(|| anyhow::anyhow!("a command before the start"))?;
        Ok(poise::FrameworkContext {
            // Only prefix commands look at it, and there are none.
            bot_id: serenity::UserId::new(1),
            serenity_context: context,
            options: &self.options,
            user_data: talk,
            shard_manager: shards,
        })
    }
}

/// Lets a talk run to its end; whoever asked hears of a bad one, even of a panic, and nobody else does.
async fn settle(talk: &Talk, work: impl Future<Output = Done>) {
    let ended = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(ended) => ended,
        Err(payload) => Err(panicked(&*payload)),
    };
    if let Err(trouble) = ended {
        talk.fail(trouble).await;
    }
}

/// What the library says of a command that did not go well.
fn trouble(error: poise::FrameworkError<'_, Talk, Trouble>) -> Trouble {
    match error {
        poise::FrameworkError::Command { error, .. } => error,
        poise::FrameworkError::CommandPanic { payload, .. } => panicked(&payload.unwrap_or_default()),
        // Discord holds commands as they were before an update.
        poise::FrameworkError::CommandStructureMismatch { .. }
        | poise::FrameworkError::UnknownInteraction { .. }
        | poise::FrameworkError::ArgumentParse { .. } => phrases::outdated().into(),
        poise::FrameworkError::GuildOnly { .. } => phrases::guild_only().into(),
        other => anyhow::anyhow!("the command library ended with {other}").into(),
    }
}

/// A panic as a failure: a reference for the user, the words for the log.
fn panicked(payload: &(dyn Any + Send)) -> Trouble {
    let words = payload.downcast_ref::<&str>().map(|words| (*words).to_owned());
    let words = words.or_else(|| payload.downcast_ref::<String>().cloned());
    let cause = anyhow::anyhow!("panic: {}", words.unwrap_or_else(|| "without words".to_owned()));
    cause.into()
}

/// An interaction, taken apart.
struct Heard {
    origin: Origin,
    guild: Option<(serenity::GuildId, Box<serenity::Member>)>,
    who: serenity::User,
    interaction: Interaction,
}

/// Takes an interaction apart; none for those that have no answer.
fn heard(interaction: Interaction) -> Option<Heard> {
    let (id, token, channel, permissions, guild, member, who) = match &interaction {
        Interaction::Command(of) => {
            (of.id, &of.token, of.channel_id, of.app_permissions, of.guild_id, of.member.as_deref(), &of.user)
        }
        Interaction::Component(of) => {
            (of.id, &of.token, of.channel_id, of.app_permissions, of.guild_id, of.member.as_ref(), &of.user)
        }
        Interaction::Modal(of) => {
            (of.id, &of.token, of.channel_id, of.app_permissions, of.guild_id, of.member.as_ref(), &of.user)
        }
        _ => return None,
    };
    let message = match &interaction {
        Interaction::Component(of) => MessageId::new(of.message.id.get()),
        _ => None,
    };
    let origin = Origin { id: id.get(), token: token.clone(), channel, permissions, message, person: who.id.get() };
    let guild = guild.zip(member.cloned().map(Box::new));
    let who = who.clone();
    Some(Heard { origin, guild, who, interaction })
}

/// The member with what they may do, as Discord says with each interaction.
fn asker(guild: serenity::GuildId, member: &serenity::Member, user: &serenity::User) -> Asker {
    let held = member.permissions.unwrap_or_else(Permissions::empty);
    let manages = held.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR);
    let roles = member.roles.iter().filter_map(|role| RoleId::new(role.get())).collect();
    let name = member.nick.as_deref().or(user.global_name.as_deref()).unwrap_or(&user.name);
    Asker {
        guild: key(guild),
        actor: user.id.to_string(),
        actor_name: names::shown(name),
        rights: Rights::Member { manages, roles },
    }
}

/// The guild's key in the database: its id.
fn key(guild: serenity::GuildId) -> GuildKey {
    GuildKey::discord(guild.get())
}

/// The ears of serenity: one method for each thing heard, each in a task of its own.
pub(super) struct Ears(pub(super) Arc<Door>);

#[serenity::async_trait]
impl serenity::EventHandler for Ears {
    async fn ready(&self, context: serenity::Context, ready: serenity::Ready) {
        tracing::info!(guilds = ready.guilds.len(), "connected to Discord");
        // Told with every session, and always the same.
        self.0.bot.set(ready.user.id).ok();
        let met = ready.guilds.iter().map(|guild| key(guild.id)).collect();
        if let Err(error) = self.0.app.guilds_met(met).await {
            tracing::error!(?error, "farewells could not be noted");
        }
        let post = Post { http: Arc::clone(&context.http), clock: Arc::clone(&self.0.clock) };
        self.0.register(&post, ready.application.id).await;
    }

    async fn shard_stage_update(&self, _: serenity::Context, event: serenity::ShardStageUpdateEvent) {
        self.0.brake.stage(event.new);
        self.0.connected.send_replace(event.new == serenity::ConnectionStage::Connected);
    }

    async fn guild_create(&self, _: serenity::Context, guild: serenity::Guild, _: Option<bool>) {
        if let Err(error) = self.0.app.guild_back(&key(guild.id)).await {
            tracing::error!(guild = %guild.id, ?error, "a guild's return could not be noted");
        }
        self.0.desk.guild_mended(&key(guild.id));
    }

    async fn guild_delete(&self, _: serenity::Context, gone: serenity::UnavailableGuild, _: Option<serenity::Guild>) {
        // An outage at Discord, no farewell.
        if gone.unavailable {
            return;
        }
        tracing::info!(guild = %gone.id, "left a guild; its data stays for 30 days");
        if let Err(error) = self.0.app.guild_left(&key(gone.id)).await {
            tracing::error!(guild = %gone.id, ?error, "a guild's farewell could not be noted");
        }
    }

    async fn channel_update(
        &self,
        _: serenity::Context,
        _: Option<serenity::GuildChannel>,
        new: serenity::GuildChannel,
    ) {
        self.0.desk.guild_mended(&key(new.guild_id));
    }

    async fn guild_role_update(&self, _: serenity::Context, _: Option<serenity::Role>, new: serenity::Role) {
        self.0.desk.guild_mended(&key(new.guild_id));
    }

    async fn interaction_create(&self, context: serenity::Context, interaction: Interaction) {
        match interaction {
            Interaction::Autocomplete(command) => Box::pin(self.0.suggest(&context, command)).await,
            interaction => {
                if let Some(heard) = heard(interaction) {
                    Box::pin(self.0.run(&context, heard)).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
