//! The rules of alerts out of the settings.

use crate::settings::AlertSettings;
use std::time::Duration;
use wikisentry_core::anomaly::AlertRules;

/// The detectors' rules as set. `Detectors::new` checks them.
pub fn rules(settings: &AlertSettings) -> AlertRules {
    AlertRules {
        high_risk_score: settings.high_risk_score,
        burst_edits: settings.burst_edits,
        burst_window_ms: millis(settings.burst_window),
        war_reverts: settings.war_reverts,
        war_window_ms: millis(settings.war_window),
        stalled_after_ms: millis(settings.stalled_after),
        drift_psi: settings.drift_psi,
        drift_window: settings.drift_window,
        cooldown_ms: millis(settings.cooldown),
        max_per_minute: settings.max_per_minute,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::settings::WebhookSettings;
    use wikisentry_core::anomaly::Detectors;

    /// For every test of alerts.
    pub(in crate::alerting) fn settings() -> AlertSettings {
        AlertSettings {
            high_risk_score: 0.6,
            burst_edits: 30,
            burst_window: Duration::from_secs(60),
            war_reverts: 4,
            war_window: Duration::from_secs(3_600),
            stalled_after: Duration::from_secs(120),
            drift_psi: 0.25,
            drift_window: 5_000,
            cooldown: Duration::from_secs(600),
            max_per_minute: 60,
            webhook: WebhookSettings {
                url: String::new(),
                headers: Default::default(),
                timeout: Duration::from_secs(5),
                retries: 3,
            },
        }
    }

    #[test]
    fn rules_are_the_settings_in_milliseconds() {
        let converted = rules(&settings());
        assert_eq!(
            converted,
            AlertRules {
                high_risk_score: 0.6,
                burst_edits: 30,
                burst_window_ms: 60_000,
                war_reverts: 4,
                war_window_ms: 3_600_000,
                stalled_after_ms: 120_000,
                drift_psi: 0.25,
                drift_window: 5_000,
                cooldown_ms: 600_000,
                max_per_minute: 60,
            }
        );
        assert!(Detectors::new(converted).is_ok());
        let endless = AlertSettings {
            cooldown: Duration::MAX,
            ..settings()
        };
        let error = Detectors::new(rules(&endless)).expect_err("an endless cooldown");
        assert_eq!(error.rule, "cooldown");
    }
}
