//! `settings`: time zone, who may change things, where problems are told.

use jiff::tz::{self, TimeZone};

use super::{App, Asker, access};
use crate::{
    domain::{
        names,
        notice::Notice,
        report::{Change, SettingsPatch, SettingsReport},
    },
    error::Result,
    store::guilds,
};

impl App {
    /// Shows the settings, changed by `patch` first if it says anything.
    ///
    /// # Errors
    /// No such time zone, no right to manage, the database failed.
    pub async fn settings(&self, asker: &Asker, patch: SettingsPatch) -> Result<SettingsReport> {
        asker.may_manage()?;
        let time_zone = patch.time_zone.as_deref().map(zone).transpose()?;
        let now = self.clock.now();
        let asker = asker.clone();
        let retention = self.watch.options.retention();
        let guild = asker.guild.clone();
        let report = move |settings, change| SettingsReport { guild, settings, retention, change };
        if patch == SettingsPatch::default() {
            return self
                .read(move |conn| {
                    let settings = access::settings(conn, &asker.guild)?;
                    Ok(report(settings, None))
                })
                .await;
        }
        self.write(move |tx| {
            guilds::ensure(tx, &asker.guild, now)?;
            let before = access::settings(tx, &asker.guild)?;
            let mut settings = before.clone();
            settings.time_zone = time_zone.unwrap_or(settings.time_zone);
            settings.changers = patch.changers.unwrap_or(settings.changers);
            settings.log_channel = patch.log_channel.unwrap_or(settings.log_channel);
            if settings == before {
                return Ok(report(settings, None));
            }
            guilds::set_settings(tx, &asker.guild, &settings)?;
            let change = asker.record(tx, &Change::Settings { before, after: settings.clone() }, now)?;
            Ok(report(settings, Some(change)))
        })
        .await
    }
}

/// The IANA name as it is properly written.
pub(super) fn zone(input: &str) -> Result<String> {
    let input = input.trim();
    let known = TimeZone::get(input).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    known.ok_or_else(|| {
        let all: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
        // People type the city; the list says Region/City.
        let city = |name: &str| name.rsplit('/').next().unwrap_or(name).replace('_', " ");
        let mut nearest: Vec<String> =
            all.iter().filter(|name| names::same(&city(name), input)).take(3).cloned().collect();
        if nearest.is_empty() {
            nearest = names::nearest(input, all.iter().map(String::as_str), 3);
        }
        Notice::UnknownTimeZone { input: names::cut(input, 80), nearest }.into()
    })
}
