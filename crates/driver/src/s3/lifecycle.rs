//! Rules by which a bucket drops objects by itself.

use aws_sdk_s3::types;

/// Drops objects under a prefix after some days.
///
/// Uploads that were started and not finished need no rule: MinIO drops them after a day, by its
/// setting `api stale_uploads_expiry`, and takes no rule for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LifecycleRule {
    /// Its name in the bucket.
    pub id: String,
    /// Start of the keys it is for; empty for all.
    pub prefix: String,
    /// Drops objects this many days after they were written.
    pub expire_days: Option<u32>,
    /// Drops versions this many days after they were replaced or deleted.
    pub noncurrent_days: Option<u32>,
}

impl LifecycleRule {
    /// The rule as S3 takes it, switched on.
    pub(super) fn to_sdk(&self) -> types::LifecycleRule {
        // Six million years are as good as more.
        let days = |days: u32| i32::try_from(days).unwrap_or(i32::MAX);
        let expiration = self
            .expire_days
            .map(|n| types::LifecycleExpiration::builder().days(days(n)).build());
        let noncurrent = self.noncurrent_days.map(|n| {
            let expiration = types::NoncurrentVersionExpiration::builder();
            expiration.noncurrent_days(days(n)).build()
        });
        let filter = types::LifecycleRuleFilter::builder();
        types::LifecycleRule::builder()
            .id(&self.id)
            .status(types::ExpirationStatus::Enabled)
            .filter(filter.prefix(&self.prefix).build())
            .set_expiration(expiration)
            .set_noncurrent_version_expiration(noncurrent)
            .build()
            .expect("a rule needs its status only, and has it")
    }

    /// A rule that is in force; none if it is switched off.
    pub(super) fn of_sdk(rule: &types::LifecycleRule) -> Option<Self> {
        if *rule.status() != types::ExpirationStatus::Enabled {
            return None;
        }
        // Another program may have written it in S3's older form.
        #[expect(deprecated, reason = "the older form is read, never written")]
        let older = rule.prefix();
        let prefix = rule.filter().and_then(types::LifecycleRuleFilter::prefix);
        let days = |days: Option<i32>| days.and_then(|days| u32::try_from(days).ok());
        Some(Self {
            id: rule.id().unwrap_or_default().to_owned(),
            prefix: prefix.or(older).unwrap_or_default().to_owned(),
            expire_days: days(rule.expiration().and_then(|one| one.days())),
            noncurrent_days: days(
                rule.noncurrent_version_expiration()
                    .and_then(|one| one.noncurrent_days()),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule() -> impl Strategy<Value = LifecycleRule> {
        let days = || proptest::option::of(1..5000_u32);
        // The texts that keys are made of, with those that XML must escape.
        ("[a-z0-9-]{1,9}", "[a-z0-9/&<>\"'_.-]{0,9}", days(), days()).prop_map(
            |(id, prefix, expire_days, noncurrent_days)| LifecycleRule {
                id,
                prefix,
                expire_days,
                noncurrent_days,
            },
        )
    }

    proptest! {
        #[test]
        fn a_rule_is_read_as_it_was_written(rule in rule()) {
            prop_assert_eq!(LifecycleRule::of_sdk(&rule.to_sdk()), Some(rule));
        }
    }

    #[test]
    fn rules_that_are_switched_off_are_not_in_force() {
        let off = types::LifecycleRule::builder()
            .id("a")
            .status(types::ExpirationStatus::Disabled)
            .expiration(types::LifecycleExpiration::builder().days(1).build());
        assert_eq!(LifecycleRule::of_sdk(&off.build().unwrap()), None);
    }

    #[test]
    fn the_prefix_of_the_older_form_is_read() {
        #[expect(deprecated)]
        let rule = types::LifecycleRule::builder()
            .id("a")
            .status(types::ExpirationStatus::Enabled)
            .prefix("old/");
        let read = LifecycleRule::of_sdk(&rule.build().unwrap()).unwrap();
        assert_eq!(read.prefix, "old/");
    }
}
