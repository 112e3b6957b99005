//! Waits and verdicts of the reconnection policy, without any connection.

use super::{EndKind, Ended, LONGEST_ASKED, Next, Reconnect};
use crate::sse::error::ConnectionError;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;
use std::time::Duration;
use wikisentry_core::bookmark::ResumeBy;

const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(60);

fn ended(error: ConnectionError) -> Ended {
    Ended {
        error,
        resumed: true,
        lived: Duration::ZERO,
        alive: false,
        delivered: false,
    }
}

fn status(code: u16, retry_after: Option<u64>) -> Ended {
    ended(ConnectionError::Status {
        status: StatusCode::from_u16(code).unwrap(),
        retry_after: retry_after.map(Duration::from_secs),
        body: String::new(),
    })
}

fn lived(seconds: u64, delivered: bool) -> Ended {
    Ended {
        lived: Duration::from_secs(seconds),
        alive: true,
        delivered,
        ..ended(ConnectionError::Closed)
    }
}

/// What a fresh policy does next, for many random numbers.
fn all(ended: &Ended) -> Vec<Next> {
    let next = |seed| Reconnect::new(MIN, MAX).after(ended, &mut ChaCha8Rng::seed_from_u64(seed));
    (0..200).map(next).collect()
}

#[test]
fn each_end_has_its_verdict_and_bounds_of_its_wait() {
    let (zero, hour) = (Duration::ZERO, Duration::from_secs(3600));
    let broken = ConnectionError::Broken("reset".into());
    let silent = ConnectionError::Silent(MAX);
    let unreachable = ConnectionError::Unreachable("refused".into());
    for (ended, verdict, least, most) in [
        (lived(900, true), EndKind::Worked, zero, zero),
        (lived(900, false), EndKind::Worked, zero, zero),
        (lived(1, true), EndKind::Worked, zero, MIN),
        (lived(1, false), EndKind::Failed, MIN, 2 * MIN),
        (ended(unreachable), EndKind::Failed, MIN, 2 * MIN),
        (ended(broken), EndKind::Failed, MIN, 2 * MIN),
        (ended(silent), EndKind::Failed, MIN, 2 * MIN),
        (status(500, None), EndKind::Failed, MIN, 2 * MIN),
        (status(503, Some(7)), EndKind::Failed, 7 * MIN, 7 * MIN),
        (status(429, Some(90)), EndKind::Failed, 90 * MIN, 90 * MIN),
        (status(429, Some(u64::MAX)), EndKind::Failed, hour, hour),
        (status(429, None), EndKind::Failed, MIN, 2 * MIN),
        (status(403, None), EndKind::Forbidden, MAX / 2, MAX),
        (status(404, None), EndKind::Rejected, MAX / 2, MAX),
        (status(204, None), EndKind::Rejected, MAX / 2, MAX),
        (status(301, None), EndKind::Rejected, MAX / 2, MAX),
        (status(400, None), EndKind::BookmarkRefused, zero, MIN),
        (status(431, None), EndKind::BookmarkRefused, zero, MIN),
    ] {
        for next in all(&ended) {
            assert_eq!(next.kind, verdict, "{ended:?}");
            assert!(
                (least..=most).contains(&next.wait),
                "{:?} {ended:?}",
                next.wait
            );
        }
    }
}

#[test]
fn waits_are_spread_over_their_range() {
    let waits: Vec<Duration> = all(&status(500, None))
        .iter()
        .map(|next| next.wait)
        .collect();
    assert!(waits.iter().any(|wait| *wait < MIN * 5 / 4));
    assert!(waits.iter().any(|wait| *wait > MIN * 7 / 4));
}

#[test]
fn waits_double_up_to_the_greatest_and_start_over_after_success() {
    let mut reconnect = Reconnect::new(MIN, MAX);
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for attempt in 1..100u32 {
        let wait = reconnect.after(&status(500, None), rng).wait;
        assert_eq!(reconnect.failures, attempt);
        let ceiling = MAX.min(MIN * (1 << attempt.min(20)));
        assert!(
            (MIN..=ceiling).contains(&wait),
            "{wait:?} at attempt {attempt}"
        );
    }
    reconnect.after(&lived(20, true), rng);
    assert!(reconnect.after(&status(500, None), rng).wait <= 2 * MIN);
}

#[test]
fn the_servers_retry_time_is_the_shortest_wait() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for (retry, expected) in [(5 * MIN, 5 * MIN), (1000 * MAX, LONGEST_ASKED)] {
        let mut reconnect = Reconnect::new(MIN, MAX);
        reconnect.retry = retry;
        assert_eq!(reconnect.after(&lived(900, true), rng).wait, expected);
    }
}

#[test]
fn a_refused_bookmark_is_sent_in_another_way_until_a_connection_worked() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for (codes, ways) in [
        (&[400, 400][..], &[ResumeBy::Times, ResumeBy::Since][..]),
        (&[431], &[ResumeBy::Since]),
        (&[400, 431], &[ResumeBy::Times, ResumeBy::Since]),
    ] {
        let mut reconnect = Reconnect::new(MIN, MAX);
        for (code, way) in codes.iter().zip(ways) {
            let next = reconnect.after(&status(*code, None), rng);
            assert_eq!((next.kind, reconnect.by), (EndKind::BookmarkRefused, *way));
        }
        // The last way sends no header.
        for code in [400, 431] {
            let unasked = Ended {
                resumed: false,
                ..status(code, None)
            };
            let next = reconnect.after(&unasked, rng);
            assert_eq!(
                (next.kind, reconnect.by),
                (EndKind::Rejected, ResumeBy::Since)
            );
        }
        reconnect.after(&lived(1, true), rng);
        assert_eq!(reconnect.by, ResumeBy::Offsets);
    }
}
