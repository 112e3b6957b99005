//! Where an edit lies in the lake: by kind of user and by the UTC hour it happened in.

use jiff::civil::{Date, DateTime};
use std::fmt;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// One hour of one user type; in the lake a folder `user_type=…/date=YYYY-MM-DD/hour=HH`.
/// Ordered by time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// Whole hours since 1970-01-01T00:00Z.
    hour: i64,
    user_type: UserType,
}

impl Partition {
    /// The partition of an edit.
    pub fn of(user_type: UserType, event_time: EventTime) -> Self {
        Self {
            hour: event_time.as_millis().div_euclid(MILLIS_PER_HOUR),
            user_type,
        }
    }

    /// Whether an edit of that time lies in this hour. In files of earlier versions some do not: they
    /// lie where they said they were, years ahead.
    pub fn holds(self, time: EventTime) -> bool {
        Self::of(self.user_type, time) == self
    }

    /// The kind of user.
    pub fn user_type(self) -> UserType {
        self.user_type
    }

    /// First moment of the hour, in milliseconds since the epoch.
    pub fn start_millis(self) -> i64 {
        self.hour * MILLIS_PER_HOUR
    }

    /// First moment after the hour, in milliseconds since the epoch.
    pub(crate) fn end_millis(self) -> i64 {
        (self.hour + 1) * MILLIS_PER_HOUR
    }

    /// The UTC day that the hour is of.
    pub fn date(self) -> Date {
        self.utc().date()
    }

    /// Reads the three folder names of a partition; `None` for other folders.
    pub(crate) fn parse(user_type: &str, date: &str, hour: &str) -> Option<Self> {
        let name = user_type.strip_prefix("user_type=")?;
        let user_type = UserType::ALL.into_iter().find(|u| u.name() == name)?;
        let date = date.strip_prefix("date=")?;
        let hour = hour.strip_prefix("hour=")?;
        let start = EventTime::parse(&format!("{date}T{hour}:00:00Z"))?;
        let partition = Self::of(user_type, start);
        // `date=2026-9-1` or `hour=3` would name the same hour in a second folder.
        (partition.date_name() == format!("date={date}")
            && partition.hour_name() == format!("hour={hour}"))
        .then_some(partition)
    }

    /// Reads the path written by `Display`.
    pub(crate) fn parse_path(path: &str) -> Option<Self> {
        let mut names = path.split('/');
        let partition = Self::parse(names.next()?, names.next()?, names.next()?)?;
        names.next().is_none().then_some(partition)
    }

    fn date_name(self) -> String {
        format!("date={}", self.date())
    }

    fn hour_name(self) -> String {
        format!("hour={:02}", self.hour.rem_euclid(24))
    }

    fn utc(self) -> DateTime {
        EventTime::from_millis(self.start_millis())
            .expect("an edit's hour begins within the years 1 to 9999")
            .utc()
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user_type, date, hour) = (self.user_type, self.date_name(), self.hour_name());
        write!(f, "user_type={user_type}/{date}/{hour}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_edit_lies_in_the_utc_hour_it_happened_in() {
        for (user_type, time, path) in [
            (
                UserType::Bot,
                "2026-09-17T03:42:33.778Z",
                "user_type=bot/date=2026-09-17/hour=03",
            ),
            (
                UserType::Anonymous,
                "2026-01-01T00:30:00+01:00",
                "user_type=anonymous/date=2025-12-31/hour=23",
            ),
            (
                UserType::Registered,
                "1969-12-31T23:59:59.999Z",
                "user_type=registered/date=1969-12-31/hour=23",
            ),
            (
                UserType::Registered,
                "0001-01-01T00:00:00Z",
                "user_type=registered/date=0001-01-01/hour=00",
            ),
        ] {
            let partition = Partition::of(user_type, EventTime::parse(time).unwrap());
            assert_eq!(partition.to_string(), path);
        }
    }

    #[test]
    fn other_folders_are_no_partitions() {
        for path in [
            "",
            "user_type=bot/date=2026-09-17",
            "user_type=bot/date=2026-09-17/hour=03/more",
            "user_type=cat/date=2026-09-17/hour=03",
            "user_type=bot/date=2026-9-17/hour=03",
            "user_type=bot/date=2026-09-17/hour=3",
            "user_type=bot/date=2026-09-17/hour=24",
            "user_type=bot/date=2026-02-30/hour=00",
            "user_type=bot/date=2026-09-17/hour=03:00:00Z",
            "../date=2026-09-17/hour=03",
        ] {
            assert_eq!(Partition::parse_path(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn paths_read_back_and_hold_their_times(
            millis in -62_135_596_800_000_i64..=253_402_300_799_999,
            kind in 0..3_usize,
        ) {
            let time = EventTime::from_millis(millis).unwrap();
            let partition = Partition::of(UserType::ALL[kind], time);
            prop_assert_eq!(Partition::parse_path(&partition.to_string()), Some(partition));
            prop_assert!((partition.start_millis()..partition.end_millis()).contains(&millis));
            let written = time.to_string();
            let path = partition.to_string();
            let date = format!("/date={}/", &written[..10]);
            let hour = format!("/hour={}", &written[11..13]);
            prop_assert!(path.contains(&date) && path.ends_with(&hour), "{} {}", path, written);
        }
    }
}
