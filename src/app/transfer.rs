//! `export` and `import`: a guild's data as one document, and back into a guild that holds nothing yet.
//!
//! Files are the door's business; the document's form is in `domain::export`.

use super::{App, Asker, MAX_GROUPS, MAX_MEMBERS, settings};
use crate::{
    domain::{
        export::{Export, FORMAT, VERSION},
        keeping::{FileProblem, GuildImported},
        notice::Notice,
    },
    error::{Error, Result},
    store::{groups, transfer},
};

impl App {
    /// Everything that is kept for the asker's guild, as of one instant.
    ///
    /// # Errors
    /// No right to manage; the database failed.
    pub async fn export(&self, asker: &Asker) -> Result<Export> {
        asker.may_manage()?;
        let (guild, now) = (asker.guild.clone(), self.clock.now());
        self.read(move |conn| Ok(transfer::export(conn, &guild, now)?)).await
    }

    /// Brings an export into the asker's guild. One that is there already changes nothing. `path` is for messages.
    ///
    /// # Errors
    /// Not an export, or one that contradicts itself; the guild holds other data; no right to manage; the database failed.
    pub async fn import(&self, asker: &Asker, path: &str, export: Export) -> Result<GuildImported> {
        asker.may_manage()?;
        let wrong = |problem| Error::from(Notice::File { path: path.to_owned(), problem });
        if export.format != FORMAT {
            let detail = format!("its format is not {FORMAT}");
            return Err(wrong(FileProblem::Malformed { line: None, detail }));
        }
        if export.version > VERSION {
            return Err(wrong(FileProblem::Newer { found: export.version, known: VERSION }));
        }
        let mut export = export;
        export.check(MAX_GROUPS, MAX_MEMBERS).map_err(|detail| wrong(FileProblem::Malformed { line: None, detail }))?;
        export.settings.time_zone = settings::zone(&export.settings.time_zone)?;
        export.renumber();
        if export.guild != asker.guild {
            // What is told in another guild's channel would be told to others.
            export.drop_log_channel();
        }
        let (guild, now) = (asker.guild.clone(), self.clock.now());
        self.write(move |tx| {
            let report = |unchanged| GuildImported {
                unchanged,
                groups: export.groups.len(),
                members: export.members(),
                players: export.players.len(),
                changes: export.changes.len(),
            };
            if transfer::holds_data(tx, &guild)? {
                if transfer::export(tx, &guild, now)?.same_data(&export) {
                    return Ok(report(true));
                }
                return Err(Notice::GuildNotEmpty { groups: groups::names(tx, &guild)?.len() }.into());
            }
            transfer::import(tx, &guild, &export, now)?;
            Ok(report(false))
        })
        .await
    }
}
