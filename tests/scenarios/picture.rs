//! The picture in the README: real replies, drawn from the pretend Discord's record.
//!
//! Draws only what those replies hold: a title, lines with bold parts and timestamps, a footer, buttons, a menu.

use std::{fmt::Write as _, fs, path::Path};

use rustops::sim::cast;
use serde_json::Value;

use crate::stage::Stage;

const WIDTH: usize = 560;
const LINE: usize = 22;

#[tokio::test]
async fn the_picture_in_the_readme_shows_what_the_bot_says() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    stage.tracks(&ann, "Red Roof", &cast::RED_ROOF).await;
    let mut replies = Vec::new();
    for line in ["/group check group:Purple Base", "/group list", "/player check player:Blueprint"] {
        let reply = ann.types(line).await;
        replies.push((line.replace("group:", "").replace("player:", ""), reply.message().json().clone()));
    }
    let drawn = draw(&replies, stage.sim.now().as_second());
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/discord.svg");
    if fs::read_to_string(&kept).unwrap_or_default() != drawn {
        let newer = Path::new(env!("CARGO_TARGET_TMPDIR")).join("discord.svg");
        fs::write(&newer, drawn).unwrap();
        panic!("docs/discord.svg is not what the bot says now; look at {} and copy it there", newer.display());
    }
}

fn draw(replies: &[(String, Value)], now: i64) -> String {
    let mut body = String::new();
    let mut y = 16;
    for (typed, message) in replies {
        y += LINE;
        writeln!(
            body,
            r##"<text x="16" y="{y}" fill="#949ba4">Ann used <tspan fill="#00a8fc">{}</tspan></text>"##,
            safe(typed)
        )
        .unwrap();
        y = reply(&mut body, message, y + 10, now) + 18;
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" font-family="gg sans, Noto Sans, Segoe UI, Helvetica, Arial, sans-serif" font-size="14">
<rect width="{WIDTH}" height="{y}" rx="8" fill="#313338"/>
{body}</svg>
"##
    )
}

/// Draws below `top`; returns where it ends.
fn reply(body: &mut String, message: &Value, top: usize, now: i64) -> usize {
    let mut y = top;
    for embed in message["embeds"].as_array().into_iter().flatten() {
        let mut lines = vec![format!(r#"<tspan font-weight="bold">{}</tspan>"#, words(&embed["title"], now))];
        lines.extend(embed["description"].as_str().unwrap_or_default().lines().map(|line| marked(line, now)));
        let footer = embed["footer"]["text"].as_str();
        let height = (lines.len() + usize::from(footer.is_some())) * LINE + 20;
        let colour = embed["color"].as_u64().unwrap_or(0);
        writeln!(body, r##"<rect x="16" y="{y}" width="{}" height="{height}" rx="4" fill="#2b2d31"/>"##, WIDTH - 32)
            .unwrap();
        writeln!(body, r##"<rect x="16" y="{y}" width="4" height="{height}" rx="2" fill="#{colour:06x}"/>"##).unwrap();
        for line in lines {
            y += LINE;
            writeln!(body, r##"<text x="34" y="{y}" fill="#dbdee1">{line}</text>"##).unwrap();
        }
        if let Some(footer) = footer {
            y += LINE;
            writeln!(body, r##"<text x="34" y="{y}" fill="#949ba4" font-size="12">{}</text>"##, safe(footer)).unwrap();
        }
        y += 20;
    }
    for row in message["components"].as_array().into_iter().flatten() {
        y = components(body, row, y + 6);
    }
    y
}

fn components(body: &mut String, row: &Value, top: usize) -> usize {
    let mut x = 16;
    for component in row["components"].as_array().into_iter().flatten() {
        let label = component["label"].as_str().or(component["placeholder"].as_str()).unwrap_or_default();
        let is_menu = component["options"].is_array();
        let width = if is_menu { 360 } else { label.chars().count() * 8 + 28 };
        let fill = if is_menu { "#1e1f22" } else { "#4e5058" };
        writeln!(body, r##"<rect x="{x}" y="{top}" width="{width}" height="32" rx="4" fill="{fill}"/>"##).unwrap();
        writeln!(body, r##"<text x="{}" y="{}" fill="#dbdee1">{}</text>"##, x + 14, top + 21, safe(label)).unwrap();
        if is_menu {
            writeln!(body, r##"<text x="{}" y="{}" fill="#949ba4">⌄</text>"##, x + width - 26, top + 19).unwrap();
        }
        x += width + 8;
    }
    top + 32
}

fn words(value: &Value, now: i64) -> String {
    marked(value.as_str().unwrap_or_default(), now)
}

/// The little markdown that replies hold, as Discord shows it: bold, escapes, timestamps, commands.
fn marked(line: &str, now: i64) -> String {
    let mut drawn = String::new();
    let mut bold = false;
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            drawn.push_str(if bold { "</tspan>" } else { r#"<tspan font-weight="bold">"# });
            bold = !bold;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            let escaped = after.chars().next().map_or(0, char::len_utf8);
            drawn.push_str(&safe(after.get(..escaped).unwrap_or_default()));
            rest = after.get(escaped..).unwrap_or_default();
        } else if let Some((inside, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            drawn.push_str(&mention(inside, now));
            rest = after;
        } else {
            drawn.push_str(&mark(letter).unwrap_or_else(|| safe(&letter.to_string())));
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    drawn
}

/// The three marks as drawings, since not every viewer of the picture has their font.
fn mark(letter: char) -> Option<String> {
    let (sign, colour) = match letter {
        '🟢' => ('●', "#3ba55d"),
        '⚫' => ('●', "#80848e"),
        '❔' => ('?', "#faa61a"),
        _ => return None,
    };
    Some(format!(r##"<tspan fill="{colour}" font-weight="bold">{sign}</tspan>"##))
}

fn mention(inside: &str, now: i64) -> String {
    if let Some(at) = inside.strip_prefix("t:").and_then(|rest| rest.split(':').next()?.parse::<i64>().ok()) {
        return match (now - at) / 60 {
            0 => "a few seconds ago".to_owned(),
            minutes @ 1..60 => format!("{minutes} minutes ago"),
            minutes @ 60..1440 => format!("{} hours ago", minutes / 60),
            minutes => format!("{} days ago", minutes / 1440),
        };
    }
    let command = inside.rsplit_once(':').map_or(inside, |(name, _)| name);
    format!(r##"<tspan fill="#c9cdfb">{}</tspan>"##, safe(command))
}

fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
