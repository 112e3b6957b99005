//! The one line of an alert for people. Names come from anybody, so characters that could break a
//! line, move the cursor or reverse the text are replaced, and long names are cut.

use super::alert::Anomaly;
use crate::text::is_unsafe_to_show;
use std::fmt::Write;

/// The most characters of a name that are shown.
const SHOWN_CHARS: usize = 80;

pub(super) fn title(anomaly: &Anomaly, wiki: Option<&str>, model: Option<&str>) -> String {
    let wiki = one_line(wiki.unwrap_or("an unknown wiki"));
    match anomaly {
        Anomaly::HighRiskEdit {
            score,
            page_title,
            user,
            ..
        } => format!(
            "edit of \"{}\" on {wiki} by {} scores {score:.2}",
            one_line(page_title),
            name_or_hidden(user.as_deref()),
        ),
        Anomaly::EditBurst {
            user,
            edits,
            span_seconds,
            ..
        } => format!(
            "{} made {edits} edits within {} on {wiki}",
            one_line(user),
            duration(*span_seconds),
        ),
        Anomaly::EditWar {
            page_title,
            reverts,
            users,
            span_seconds,
            ..
        } => format!(
            "\"{}\" on {wiki} was reverted {reverts} times by {users} users within {}",
            one_line(page_title),
            duration(*span_seconds),
        ),
        Anomaly::FeedStalled {
            last_event_at,
            silent_seconds,
        } => format!(
            "no event for {}, the last at {last_event_at}",
            duration(*silent_seconds)
        ),
        Anomaly::ScoreDrift {
            psi, limit, scores, ..
        } => format!(
            "scores of {} drifted: PSI {psi:.2} over the last {scores}, limit {limit:.2}",
            one_line(model.unwrap_or("an unnamed model")),
        ),
    }
}

fn name_or_hidden(user: Option<&str>) -> String {
    user.map_or_else(|| "a hidden user".to_owned(), one_line)
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4 * SHOWN_CHARS));
    for (position, c) in text.chars().enumerate() {
        if position == SHOWN_CHARS {
            line.push('…');
            break;
        }
        line.push(if is_unsafe_to_show(c) { '\u{fffd}' } else { c });
    }
    line
}

fn duration(seconds: f64) -> String {
    // Rounded down, so that 59.9 s do not read as the whole minute of a window.
    let seconds = seconds.max(0.0) as u64;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    for (amount, unit) in [(hours, "h"), (minutes, "min")] {
        if amount > 0 {
            let _ = write!(text, "{amount} {unit} ");
        }
    }
    if hours == 0 && (rest > 0 || minutes == 0) {
        let _ = write!(text, "{rest} s");
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_hours_minutes_and_seconds() {
        for (seconds, text) in [
            (-3.0, "0 s"),
            (0.4, "0 s"),
            (59.9, "59 s"),
            (60.0, "1 min"),
            (125.0, "2 min 5 s"),
            (3_600.0, "1 h"),
            (7_385.0, "2 h 3 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn hostile_names_stay_on_one_line_and_keep_their_direction() {
        let anomaly = Anomaly::EditBurst {
            user: "a\n\u{1b}[31mb\u{202e}c\u{2028}".to_owned() + &"x".repeat(500),
            edits: 3,
            span_seconds: 2.0,
            window_seconds: 60.0,
            page_title: String::new(),
            rev_id: None,
        };
        let title = title(&anomaly, Some("enwiki\r"), None);
        assert!(!title.chars().any(is_unsafe_to_show), "{title:?}");
        assert!(title.chars().count() < 130, "{title}");
        assert!(title.contains('…') && title.ends_with("3 edits within 2 s on enwiki\u{fffd}"));
    }
}
