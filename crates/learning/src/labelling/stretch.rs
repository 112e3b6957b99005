//! Which days are gone through together: the labels of a day depend on some days around it, so days
//! that lie near each other share the work.

use jiff::civil::Date;
use std::collections::BTreeSet;
use wikisentry_lake::settled_days::Reach;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// Days whose labels are made in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Those that get new labels.
    pub wanted: BTreeSet<Date>,
    /// Those that are read, in order.
    pub read: Vec<Date>,
}

/// Puts the wanted ones among `days`, which are in order, together into as few stretches as do not
/// read days in vain.
pub(super) fn stretches(
    days: &[Date],
    reach: Reach,
    is_wanted: impl Fn(Date) -> bool,
) -> Vec<Stretch> {
    let mut stretches: Vec<BTreeSet<Date>> = Vec::new();
    for day in days.iter().copied().filter(|day| is_wanted(*day)) {
        let last = stretches.last_mut().filter(|wanted| {
            let last = wanted.last().copied().map_or(0, number);
            number(day) - i64::from(reach.before) <= last + i64::from(reach.after)
        });
        match last {
            Some(wanted) => _ = wanted.insert(day),
            None => stretches.push(BTreeSet::from([day])),
        }
    }
    let read = |wanted: BTreeSet<Date>| {
        let (first, last) = (wanted.first().copied(), wanted.last().copied());
        let from = first.map_or(0, number) - i64::from(reach.before);
        let to = last.map_or(0, number) + i64::from(reach.after);
        let near = days.iter().copied();
        Stretch {
            read: near
                .filter(|day| (from..=to).contains(&number(*day)))
                .collect(),
            wanted,
        }
    };
    stretches.into_iter().map(read).collect()
}

/// In days since 1970-01-01, as differences of dates are by month and year.
pub(super) fn number(day: Date) -> i64 {
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC);
    let millis = midnight.map_or(0, |midnight| midnight.timestamp().as_millisecond());
    millis.div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const REACH: Reach = Reach {
        before: 3,
        after: 3,
    };

    #[test]
    fn near_days_are_read_together_and_far_ones_on_their_own() {
        let day = |day: i8| date(2026, 3, day);
        let days: Vec<Date> = (1..=31).map(day).collect();
        for (wanted, expected) in [
            (vec![], vec![]),
            (vec![1], vec![1..=4]),
            (vec![10], vec![7..=13]),
            (vec![10, 16], vec![7..=19]),
            (vec![10, 17], vec![7..=13, 14..=20]),
            (vec![2, 30, 31], vec![1..=5, 27..=31]),
        ] {
            let found = stretches(&days, REACH, |day| wanted.contains(&day.day()));
            let read: Vec<Vec<Date>> = found.iter().map(|one| one.read.clone()).collect();
            let expected: Vec<Vec<Date>> = expected
                .into_iter()
                .map(|range| range.map(day).collect())
                .collect();
            assert_eq!(read, expected, "{wanted:?}");
            let all = found.iter().flat_map(|one| one.wanted.iter());
            let all: Vec<i8> = all.map(|day| day.day()).collect();
            assert_eq!(all, wanted);
        }
    }
}
