//! Anomalies: what is worth an alert in the stream of classified edits, and in its silence. No
//! clock and no I/O: times come with the edits, alerts go into the caller's list.
//!
//! Windows, cooldowns and rates count in event time, so reading the same records again raises the
//! same alerts with the same ids. Late and wrongly dated edits cost a window at worst; memory is
//! bounded whatever arrives.

mod alert;
mod burst;
mod drift;
mod gate;
mod rules;
mod stall;
mod title;
mod war;
mod window;

pub use alert::{Alert, AlertKind, Finding, Severity};
pub use rules::{InvalidRule, Rules};

pub use crate::stability::ScoreReference;

use crate::classified::ClassifiedEdit;
use crate::time::EventTime;
use burst::BurstDetector;
use drift::DriftDetector;
use gate::{Gate, Passage};
use stall::StallDetector;
use war::WarDetector;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The name of the highest class of the model; edits of it may be of high risk.
const HIGHEST_CLASS: &str = "high";
/// Subject of `feed_stalled`.
const FEED: &str = "feed";

/// All detectors, fed with one stream of classified edits in the order of the log.
#[derive(Debug)]
pub struct Detectors {
    rules: Rules,
    burst: BurstDetector,
    war: WarDetector,
    drift: DriftDetector,
    stall: StallDetector,
    gate: Gate,
    suppressed: [u64; AlertKind::ALL.len()],
}

/// Where alerts go, and their `raised_at`; absent while warming.
type Sink<'s> = Option<(EventTime, &'s mut Vec<Alert>)>;

/// What an alert is about, before it is known whether it will be raised.
struct Context<'c> {
    subject: String,
    event: &'c str,
    wiki: Option<&'c str>,
    model: Option<&'c str>,
    at: EventTime,
}

impl Detectors {
    /// Detectors that have seen nothing yet.
    ///
    /// # Errors
    /// If a rule cannot work; the error names it.
    pub fn new(rules: Rules) -> Result<Self, InvalidRule> {
        rules.check()?;
        Ok(Self {
            burst: BurstDetector::new(&rules),
            war: WarDetector::new(&rules),
            drift: DriftDetector::new(&rules),
            stall: StallDetector::new(rules.stalled_after_ms),
            gate: Gate::new(rules.cooldown_ms, rules.max_per_minute as usize),
            suppressed: [0; AlertKind::ALL.len()],
            rules,
        })
    }

    /// Sets what the scores of a model (as edits name it, e.g. `edit-risk/1`) are compared with.
    /// Without it the model's first `drift_window` scores become the reference.
    pub fn set_score_reference(&mut self, model_version: &str, reference: ScoreReference) {
        self.drift.set_reference(model_version, reference);
    }

    /// Takes in an edit and appends the alerts it sets off.
    pub fn observe(
        &mut self,
        edit: &ClassifiedEdit<'_>,
        raised_at: EventTime,
        alerts: &mut Vec<Alert>,
    ) {
        self.step(edit, Some((raised_at, alerts)));
    }

    /// Takes in an edit whose alerts were raised before a restart: all that [`Self::observe`]
    /// does, without alerts and without counting suppressed ones. See [`Rules::memory_ms`] for
    /// how far to read back; score drift remembers the last `drift_window` scored edits.
    pub fn warm(&mut self, edit: &ClassifiedEdit<'_>) {
        self.step(edit, None);
    }

    /// Appends `feed_stalled` if nothing was received for too long: once for each stall, which
    /// ends with the next event. To be called about every second; `last_event_received` is the
    /// start of the process as long as nothing arrived.
    pub fn tick(
        &mut self,
        now: EventTime,
        last_event_received: EventTime,
        alerts: &mut Vec<Alert>,
    ) {
        let Some(silent_ms) = self.stall.check(now, last_event_received) else {
            return;
        };
        let context = Context {
            subject: FEED.to_owned(),
            event: &last_event_received.to_string(),
            wiki: None,
            model: None,
            at: now,
        };
        let raised = alerts.len();
        self.raise(
            AlertKind::FeedStalled,
            context,
            &mut Some((now, &mut *alerts)),
            |_| Finding::FeedStalled {
                last_event_at: last_event_received,
                silent_seconds: seconds(silent_ms),
            },
        );
        // A stall held back by the cooldown is still to be raised if it outlasts it.
        if alerts.len() > raised {
            self.stall.mark_raised(last_event_received);
        }
    }

    /// Detections that made no alert because their kind had had its alerts of that minute. What
    /// goes on, such as a burst, counts at every edit.
    pub fn suppressed(&self, kind: AlertKind) -> u64 {
        self.suppressed[kind as usize]
    }

    fn step(&mut self, classified: &ClassifiedEdit<'_>, mut sink: Sink<'_>) {
        let ClassifiedEdit { edit, verdict } = classified;
        let (wiki, page_title) = (edit.wiki.as_str(), edit.page_title.as_str());
        let user = edit.user.as_deref();
        let model = verdict.model_version.as_deref();
        let context = |subject: String| Context {
            subject,
            event: &edit.meta_id,
            wiki: Some(wiki),
            model,
            at: edit.event_time,
        };
        let owned_user = || user.map(str::to_owned);

        if let (Some(score), Some(class)) = (verdict.score, verdict.class.as_deref())
            && class == HIGHEST_CLASS
            && score >= self.rules.high_risk_score
        {
            let subject = match edit.rev_id {
                Some(rev_id) => format!("{wiki}:{rev_id}"),
                None => format!("{wiki}:{}", edit.meta_id),
            };
            let kind = AlertKind::HighRiskEdit;
            self.raise(kind, context(subject), &mut sink, |_| {
                Finding::HighRiskEdit {
                    score,
                    class: class.to_owned(),
                    rev_id: edit.rev_id,
                    page_title: page_title.to_owned(),
                    user: owned_user(),
                    comment: edit.comment.as_deref().map(str::to_owned),
                }
            });
        }

        if !edit.is_bot {
            let at = edit.event_time.as_millis();
            let of_wiki = xxh3_64(wiki.as_bytes());
            let fingerprint = |name: &str| xxh3_64_with_seed(name.as_bytes(), of_wiki);
            if let Some(user) = user
                && let Some(span_ms) = self.burst.observe(fingerprint(user), at)
            {
                let subject = context(format!("{wiki}:{user}"));
                self.raise(AlertKind::EditBurst, subject, &mut sink, |rules| {
                    Finding::EditBurst {
                        user: user.to_owned(),
                        edits: rules.burst_edits,
                        span_seconds: seconds(span_ms),
                        window_seconds: seconds(rules.burst_window_ms),
                        page_title: page_title.to_owned(),
                        rev_id: edit.rev_id,
                    }
                });
            }
            let by = user.map_or(0, fingerprint);
            if let Some(war) = self.war.observe(edit, fingerprint(page_title), by) {
                let subject = context(edit.key());
                self.raise(AlertKind::EditWar, subject, &mut sink, |rules| {
                    Finding::EditWar {
                        page_title: page_title.to_owned(),
                        reverts: rules.war_reverts,
                        users: war.users,
                        span_seconds: seconds(war.span_ms),
                        window_seconds: seconds(rules.war_window_ms),
                        user: owned_user(),
                        rev_id: edit.rev_id,
                    }
                });
            }
        }

        if let (Some(score), Some(model)) = (verdict.score, model)
            && let Some(drift) = self.drift.observe(score, model)
        {
            let subject = Context {
                wiki: None,
                ..context(model.to_owned())
            };
            self.raise(AlertKind::ScoreDrift, subject, &mut sink, |rules| {
                Finding::ScoreDrift {
                    psi: drift.psi,
                    limit: rules.drift_psi,
                    scores: drift.scores,
                    observed: drift.observed,
                    expected: drift.expected,
                }
            });
        }
    }

    fn raise(
        &mut self,
        kind: AlertKind,
        context: Context<'_>,
        sink: &mut Sink<'_>,
        finding: impl FnOnce(&Rules) -> Finding,
    ) {
        let passage = self
            .gate
            .pass(kind, &context.subject, context.at.as_millis());
        let Some((raised_at, alerts)) = sink else {
            return;
        };
        match passage {
            Passage::Repeated => return,
            Passage::OverRate => {
                self.suppressed[kind as usize] += 1;
                return;
            }
            Passage::Raised => {}
        }
        let finding = finding(&self.rules);
        alerts.push(Alert {
            alert_id: alert::alert_id(kind, &context.subject, context.event),
            severity: kind.severity(),
            wiki: context.wiki.map(str::to_owned),
            title: title::title(&finding, context.wiki, context.model),
            subject: context.subject,
            event_time: context.at,
            raised_at: *raised_at,
            // Bursts, wars and stalls are found without the model.
            model_version: match kind {
                AlertKind::HighRiskEdit | AlertKind::ScoreDrift => context.model.map(str::to_owned),
                _ => None,
            },
            finding,
        });
    }
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
