//! Rules by which a bucket drops objects by itself, in S3's XML.

use quick_xml::escape::escape;
use serde::Deserialize;
use std::fmt::Write as _;

/// Drops what lies under a prefix after some days.
///
/// Uploads that were begun and not finished need no rule: MinIO drops them after a day, by its
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

/// The body of a request that sets `rules`.
pub(super) fn to_xml(rules: &[LifecycleRule]) -> String {
    let mut xml = String::from("<LifecycleConfiguration>");
    for rule in rules {
        let _ = write!(
            xml,
            "<Rule><ID>{}</ID><Status>Enabled</Status><Filter><Prefix>{}</Prefix></Filter>",
            escape(&rule.id),
            escape(&rule.prefix)
        );
        if let Some(days) = rule.expire_days {
            let _ = write!(xml, "<Expiration><Days>{days}</Days></Expiration>");
        }
        if let Some(days) = rule.noncurrent_days {
            let _ = write!(
                xml,
                "<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays>\
                 </NoncurrentVersionExpiration>"
            );
        }
        xml.push_str("</Rule>");
    }
    xml.push_str("</LifecycleConfiguration>");
    xml
}

/// Reads the rules that are in force.
pub(super) fn from_xml(xml: &str) -> Result<Vec<LifecycleRule>, quick_xml::DeError> {
    let read: Configuration = quick_xml::de::from_str(xml)?;
    let enabled = read
        .rules
        .into_iter()
        .filter(|rule| rule.status == "Enabled");
    let mut rules: Vec<_> = enabled
        .map(|rule| LifecycleRule {
            id: rule.id,
            prefix: rule
                .filter
                .and_then(|filter| filter.prefix)
                .or(rule.prefix)
                .unwrap_or_default(),
            expire_days: rule.expiration.and_then(|one| one.days),
            noncurrent_days: rule.noncurrent.and_then(|one| one.noncurrent_days),
        })
        .collect();
    rules.sort();
    Ok(rules)
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "Rule", default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    #[serde(rename = "ID", default)]
    id: String,
    status: String,
    prefix: Option<String>,
    filter: Option<Filter>,
    expiration: Option<Expiration>,
    #[serde(rename = "NoncurrentVersionExpiration")]
    noncurrent: Option<Noncurrent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Expiration {
    days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Noncurrent {
    noncurrent_days: Option<u32>,
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
        fn rules_are_read_as_they_were_written(mut rules in proptest::collection::vec(rule(), 0..4)) {
            rules.sort();
            prop_assert_eq!(from_xml(&to_xml(&rules)).unwrap(), rules);
        }
    }

    #[test]
    fn rules_that_are_switched_off_are_not_in_force() {
        let xml = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
            <ID>a</ID><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>\
            </LifecycleConfiguration>";
        assert_eq!(from_xml(xml).unwrap(), []);
    }
}
