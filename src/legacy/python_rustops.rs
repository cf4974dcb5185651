//! The rows of the Python RustOps, understood: groups out of their members, text dates in the host's zone, ids as text.
//!
//! Where the rows come from is known in [`super::dump`] and [`super::csv`]; what is here already is not known at all.

use std::collections::{BTreeMap, HashMap};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{
    Plan, PlannedGroup, PlannedMember, RawRow, Row, Rows, Table,
    plan::{GroupNames, person, player_id, steam_id},
};
use crate::domain::{
    ids::ServerId,
    keeping::{Altered, RowRemark, Unusable},
    report::{LastCheck, ServerName},
};

/// The file in which that bot kept its server.
pub const ACTIVE_SERVER_FILE: &str = ".activeServer";

/// What the rows mean. `zone` is that of the text dates; `active_server` the text of the file of that name.
pub fn plan(rows: Rows, zone: &TimeZone, active_server: Option<&str>) -> Plan {
    let mut reading =
        Reading { zone, plan: Plan::default(), groups: BTreeMap::new(), checks: HashMap::new(), servers: Vec::new() };
    reading.plan.cut_short = rows.cut_short;
    rows.rows.into_iter().for_each(|row| reading.row(row));
    if let Some(text) =
        active_server.map(|text| text.trim_start_matches('\u{feff}')).filter(|text| !text.trim().is_empty())
    {
        reading.active_server_file(text);
    }
    reading.finish()
}

struct Reading<'a> {
    zone: &'a TimeZone,
    plan: Plan,
    /// By the exact name, as that bot told them apart, with the lowest id of the rows.
    groups: BTreeMap<String, (i64, Vec<PlannedMember>)>,
    checks: HashMap<String, (Row, LastCheck)>,
    servers: Vec<(Option<Date>, Row, ServerName)>,
}

impl Reading<'_> {
    fn row(&mut self, raw: RawRow) {
        self.plan.rows += 1;
        let mut row = Row { source: raw.table.name().to_owned(), line: raw.line, name: String::new() };
        let done = match &raw.values {
            Err(why) => Err(*why),
            Ok(values) => {
                let value = |index: usize| values.get(index).and_then(|value| value.as_deref());
                row.name = [2, 1].into_iter().find_map(value).unwrap_or_default().to_owned();
                match raw.table {
                    Table::Groups => self.member(&row, value),
                    Table::LastChecked => {
                        row.name = value(1).unwrap_or_default().to_owned();
                        self.check(&row, value)
                    }
                    Table::ActiveServer => {
                        row.name = value(1).unwrap_or_default().to_owned();
                        self.server(&row, value(0), value(1), value(2).and_then(|date| date.parse().ok()))
                    }
                }
            }
        };
        if let Err(why) = done {
            self.plan.remarks.push(row.refused(why));
        }
    }

    /// `id`, `name`, `member`, `steam_id`, `battle_id`, `date`
    fn member<'v>(&mut self, row: &Row, value: impl Fn(usize) -> Option<&'v str>) -> Result<(), Unusable> {
        let group = value(1).filter(|name| !name.trim().is_empty()).ok_or(Unusable::NoGroupName)?;
        let mut told: Vec<RowRemark> = Vec::new();
        let mut sound = |how: Altered| told.push(row.changed(how));
        let player = player_id(value(4)).and_then(|read| read.map_err(&mut sound).ok());
        let steam = steam_id(value(3)).and_then(|read| read.map_err(&mut sound).ok());
        let name =
            person(value(2)).or_else(|| player.map(|id| id.to_string())).or_else(|| steam.map(|id| id.to_string()));
        let name = name.ok_or(Unusable::NoName)?;
        let added_at = match value(5).map(|date| day(date, self.zone)) {
            Some(None) => {
                sound(Altered::BadDate);
                None
            }
            known => known.flatten(),
        };
        self.plan.remarks.extend(told);
        let id = value(0).and_then(|id| id.parse().ok()).unwrap_or(i64::MAX);
        let member = PlannedMember { row: row.clone(), name, player, steam, added_at };
        let (first, members) = self.groups.entry(group.to_owned()).or_insert((id, Vec::new()));
        *first = id.min(*first);
        members.push(member);
        Ok(())
    }

    /// `id`, `group_name`, `active_count`, `total_count`, `date`
    fn check<'v>(&mut self, row: &Row, value: impl Fn(usize) -> Option<&'v str>) -> Result<(), Unusable> {
        let group = value(1).ok_or(Unusable::NoGroupName)?;
        let count =
            |text: Option<&str>| text.and_then(|text| text.trim().parse::<u16>().ok()).ok_or(Unusable::BadCount);
        let (active, total) = (count(value(2))?.into(), count(value(3))?.into());
        if active > total {
            return Err(Unusable::BadCount);
        }
        let at = value(4).and_then(|date| instant(date, self.zone)).ok_or(Unusable::BadDate)?;
        let check = (row.clone(), LastCheck { active, total, unknown: 0, at });
        let (kept, other) = match self.checks.remove(group) {
            // Of several the latest counts, and the first of those that are alike.
            Some(known) if known.1.at >= at => (known, Some(check)),
            known => (check, known),
        };
        self.checks.insert(group.to_owned(), kept);
        self.plan.remarks.extend(other.map(|(row, _)| row.refused(Unusable::Duplicate)));
        Ok(())
    }

    fn server(&mut self, row: &Row, id: Option<&str>, name: Option<&str>, date: Option<Date>) -> Result<(), Unusable> {
        let id: ServerId = id.and_then(|id| id.trim().parse().ok()).ok_or(Unusable::BadServer)?;
        let name = person(name).unwrap_or_else(|| id.to_string());
        self.servers.push((date, row.clone(), ServerName { id, name }));
        Ok(())
    }

    /// One line, `<id>:<name>`; the name may hold more colons. What stands there counts more than the table, which the
    /// released bot never used.
    fn active_server_file(&mut self, text: &str) {
        self.plan.rows += 1;
        let line = text.lines().next().unwrap_or_default();
        let (id, name) = line.split_once(':').unwrap_or((line, ""));
        let row = Row { source: ACTIVE_SERVER_FILE.to_owned(), line: 1, name: name.to_owned() };
        if let Err(why) = self.server(&row, Some(id), Some(name), Some(Date::MAX)) {
            self.plan.remarks.push(row.refused(why));
        }
    }

    fn finish(mut self) -> Plan {
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        // The oldest first, so that of two names that look alike the same one is numbered every time.
        groups.sort_by(|(one, (first, _)), (other, (second, _))| (first, one).cmp(&(second, other)));
        let mut names = GroupNames::default();
        for (wanted, (_, mut members)) in groups {
            // Whoever stands there twice is known best by the row with an id.
            members.sort_by_key(|member| member.player.is_none());
            let check = self.checks.remove(&wanted);
            let Some(name) = names.like(&wanted) else {
                let refused = members.iter().map(|member| member.row.refused(Unusable::NoGroupName));
                self.plan.remarks.extend(refused.chain(check.map(|(row, _)| row.refused(Unusable::NoGroupName))));
                continue;
            };
            if name != wanted
                && let Some(member) = members.first()
            {
                let row = Row { name: wanted, ..member.row.clone() };
                self.plan.remarks.push(row.changed(Altered::Renamed { to: name.clone() }));
            }
            self.plan.groups.push(PlannedGroup { name, row: None, pinned: None, members, check });
        }
        let mut orphans: Vec<Row> = self.checks.into_values().map(|(row, _)| row).collect();
        orphans.sort_by_key(|row| row.line);
        self.plan.remarks.extend(orphans.iter().map(|row| row.refused(Unusable::NoSuchGroup)));
        self.servers.sort_by_key(|(date, row, _)| (*date, row.line));
        let latest = self.servers.pop().map(|(_, row, server)| (row, server));
        let others = self.servers.iter().map(|(_, row, _)| row.changed(Altered::OtherServerSet));
        self.plan.remarks.extend(others);
        self.plan.server = latest;
        self.plan
    }
}

/// The beginning of a day such as `2024-06-01`, there.
fn day(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day: Date = text.trim().get(..10)?.parse().ok()?;
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

/// An instant such as `2024-06-01 21:05:00`, there; seconds may have a fraction.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at: DateTime = text.trim().parse().ok()?;
    Timestamp::from_second(at.to_zoned(zone.clone()).ok()?.timestamp().as_second()).ok()
}
