//! What a user may do, as grants, and as the policy document that S3 reads.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What may be done with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    /// Read, write and delete them, in parts as well. Of a bucket with versions what was there
    /// before stays: nobody but the administrator removes a version.
    ReadWrite,
}

/// Access to the objects of a bucket whose keys start with a prefix. The names of all objects of
/// the bucket may be listed: file systems over S3 look at parent folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub bucket: String,
    /// Start of the keys; empty for all.
    pub prefix: String,
    /// What may be done.
    pub access: Access,
}

const WRITE: [&str; 4] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
];
const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];

/// Refused to every user, whatever else is allowed. MinIO takes `s3:DeleteObject` for the right to
/// remove any version too, unless this is denied by its own name.
const NEVER: [&str; 2] = ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"];

/// The document that allows `grants` and nothing else.
pub(super) fn document(grants: &[Grant]) -> Value {
    let mut statements = vec![json!({
        "Effect": "Deny", "Action": NEVER, "Resource": ["arn:aws:s3:::*"],
    })];
    for grant in grants {
        let mut objects = vec!["s3:GetObject"];
        let mut bucket = LOOK.to_vec();
        if grant.access == Access::ReadWrite {
            objects.extend(WRITE);
            bucket.push("s3:ListBucketMultipartUploads");
        }
        let name = &grant.bucket;
        statements.push(json!({
            "Effect": "Allow", "Action": bucket, "Resource": [format!("arn:aws:s3:::{name}")],
        }));
        statements.push(json!({
            "Effect": "Allow", "Action": objects,
            "Resource": [format!("arn:aws:s3:::{name}/{}*", grant.prefix)],
        }));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Whether two documents say the same. A store may write sets in another order, one element
/// without its list, and merge or repeat statements.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    rights(one).is_some_and(|rights_of_one| Some(rights_of_one) == rights(other))
}

/// Each right by itself: effect, action, resource. `None` if it says more than that.
fn rights(document: &Value) -> Option<BTreeSet<[String; 3]>> {
    let mut rights = BTreeSet::new();
    for statement in document.get("Statement")?.as_array()? {
        let known = ["Effect", "Action", "Resource", "Sid"];
        if !statement
            .as_object()?
            .keys()
            .all(|key| known.contains(&key.as_str()))
        {
            return None;
        }
        let effect = statement.get("Effect")?.as_str()?;
        for action in texts(statement.get("Action")?)? {
            for resource in texts(statement.get("Resource")?)? {
                rights.insert([effect, action, resource].map(str::to_owned));
            }
        }
    }
    Some(rights)
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(prefix: &str, access: Access) -> Grant {
        Grant {
            bucket: "lake".into(),
            prefix: prefix.into(),
            access,
        }
    }

    #[test]
    fn a_grant_allows_its_prefix_and_nothing_else() {
        let mut read = document(&[grant("edits/", Access::Read)]);
        let denied = read["Statement"].as_array_mut().unwrap().remove(0);
        assert_eq!(denied["Effect"], "Deny");
        assert!(denied.to_string().contains("s3:DeleteObjectVersion"));
        let read = read.to_string();
        assert!(read.contains("arn:aws:s3:::lake/edits/*"));
        for forbidden in ["Put", "Delete", "Deny", "lake/*", "s3:*"] {
            assert!(!read.contains(forbidden), "{read}");
        }
        let write = document(&[grant("", Access::ReadWrite)]).to_string();
        assert!(
            write.contains("s3:PutObject") && write.contains("s3:GetObject"),
            "{write}"
        );
    }

    #[test]
    fn documents_are_the_same_if_they_allow_the_same() {
        let wanted = document(&[grant("a/", Access::ReadWrite), grant("b/", Access::Read)]);
        let mut turned = wanted.clone();
        let statements = turned["Statement"].as_array_mut().unwrap();
        statements.reverse();
        for statement in statements.iter_mut() {
            statement["Action"].as_array_mut().unwrap().reverse();
            statement["Resource"] = statement["Resource"][0].clone();
        }
        assert!(same(&wanted, &turned));
        let mut more = wanted.clone();
        more["Statement"][1]["Action"] = json!(["s3:*"]);
        assert!(!same(&wanted, &more));
        let mut conditional = wanted.clone();
        conditional["Statement"][0]["Condition"] = json!({});
        assert!(!same(&wanted, &conditional));
        assert!(!same(&wanted, &document(&[grant("a/", Access::ReadWrite)])));
    }
}
