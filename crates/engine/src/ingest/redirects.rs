//! Keeps apart the redirects that people make and those that moves leave behind, which `page_change`
//! tells as creations, too, mostly some 100 ms before the move. A creation waits here for its move, as
//! if others had overtaken it: until it is taken, the bookmark stays before it, so that a crash loses
//! nothing; where it would not, nothing waits. Where the move came first, it is remembered.

use crate::sse::Event as Sent;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a creation waits for its move; the service takes in both within about 100 ms.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How many frames may overtake a creation that waits, whatever the reorder window is.
const MAX_OVERTAKING: u64 = 50;

/// A larger event does not wait; that of a redirect has 3 KB.
const MAX_WAITING_BYTES: usize = 64 * 1024;

/// Redirects of moves that are remembered for creations that come later.
const REMEMBERED: usize = 256;

pub(super) struct Redirects {
    /// Frames that may overtake a creation.
    overtaking: u64,
    frames: u64,
    /// In the order of their coming.
    waiting: VecDeque<Waiting>,
    /// Redirects that moves left, the latest last.
    left: VecDeque<String>,
}

struct Waiting {
    redirect: String,
    sent: Sent,
    since: Instant,
    /// The number of its frame.
    frame: u64,
}

impl Redirects {
    /// Fewer frames than `reorder_window` overtake a creation, so that it never counts as a gap.
    pub fn new(reorder_window: usize) -> Self {
        Self {
            overtaking: (reorder_window as u64 / 2).min(MAX_OVERTAKING),
            frames: 0,
            waiting: VecDeque::new(),
            left: VecDeque::new(),
        }
    }

    /// Counts a frame of any kind.
    pub fn count_frame(&mut self) {
        self.frames += 1;
    }

    /// Whether a move said that it left this redirect.
    pub fn is_left(&self, redirect: &str) -> bool {
        self.left.iter().any(|left| left == redirect)
    }

    /// Whether an event may wait here.
    pub fn may_wait(&self, sent: &Sent) -> bool {
        self.overtaking > 0 && sent.data.len() <= MAX_WAITING_BYTES
    }

    /// Takes in the creation of a redirect.
    pub fn wait(&mut self, redirect: String, sent: Sent, now: Instant) {
        self.waiting.push_back(Waiting {
            redirect,
            sent,
            since: now,
            frame: self.frames,
        });
    }

    /// Remembers what a move says, and gives its creation back if that waits.
    pub fn moved(&mut self, redirect: &str) -> Option<Sent> {
        if !self.is_left(redirect) {
            self.left.push_back(redirect.to_owned());
        }
        if self.left.len() > REMEMBERED {
            self.left.pop_front();
        }
        let place = self.waiting.iter().position(|it| it.redirect == redirect)?;
        self.waiting.remove(place).map(|waiting| waiting.sent)
    }

    /// The next creation whose move no longer comes.
    pub fn due(&mut self, now: Instant) -> Option<Sent> {
        let first = self.waiting.front()?;
        let is_overtaken = self.frames - first.frame >= self.overtaking;
        let is_due = is_overtaken || now.duration_since(first.since) >= LONGEST_WAIT;
        is_due.then(|| self.next()).flatten()
    }

    /// The next creation, due or not.
    pub fn next(&mut self) -> Option<Sent> {
        self.waiting.pop_front().map(|waiting| waiting.sent)
    }

    /// When the next creation is due, if no more frames come.
    pub fn deadline(&self) -> Option<Instant> {
        Some(self.waiting.front()?.since + LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(bytes: usize) -> Sent {
        Sent {
            id: Vec::new().into(),
            name: Vec::new().into(),
            data: vec![b'x'; bytes].into(),
        }
    }

    #[test]
    fn a_creation_waits_a_second_or_half_a_window_of_frames() {
        let now = Instant::now();
        let mut redirects = Redirects::new(20);
        redirects.wait("w:1:r".to_owned(), sent(1), now);
        assert_eq!(redirects.deadline(), Some(now + LONGEST_WAIT));
        assert_eq!(redirects.due(now + LONGEST_WAIT / 2), None);
        assert_eq!(redirects.due(now + LONGEST_WAIT), Some(sent(1)));
        redirects.wait("w:1:r".to_owned(), sent(2), now);
        for _ in 0..9 {
            redirects.count_frame();
            assert_eq!(redirects.due(now), None);
        }
        redirects.count_frame();
        assert_eq!(redirects.due(now), Some(sent(2)));
        assert_eq!((redirects.due(now), redirects.deadline()), (None, None));
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut redirects = Redirects::new(100);
        assert!(redirects.may_wait(&sent(MAX_WAITING_BYTES)));
        assert!(!redirects.may_wait(&sent(MAX_WAITING_BYTES + 1)));
        assert!(!Redirects::new(1).may_wait(&sent(1)), "no room to wait");
        for number in 0..10 * REMEMBERED {
            redirects.moved(&format!("w:{number}:r"));
            redirects.moved(&format!("w:{number}:r"));
        }
        assert_eq!(redirects.left.len(), REMEMBERED);
        assert!(redirects.is_left(&format!("w:{}:r", 9 * REMEMBERED)));
        assert!(!redirects.is_left("w:0:r"));
    }
}
