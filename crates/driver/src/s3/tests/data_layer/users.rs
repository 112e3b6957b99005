//! Users and their rights.

use super::{Store, credentials};
use crate::converge::{Change, Verb};
use crate::s3::{Access, BucketSpec, Grant, S3Error, UserSpec};

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn users_have_their_own_rights_and_no_others() {
    let mut store = Store::new();
    let s3 = store.s3.clone();
    let buckets = [store.bucket(), store.bucket()];
    let specs = buckets.clone().map(|name| BucketSpec {
        name,
        versioning: false,
        lock: false,
        lifecycle: Vec::new(),
    });
    s3.ensure_buckets(&specs).await.unwrap();
    let mut spec = UserSpec {
        credentials: credentials(&store.user(), "first-secret"),
        grants: vec![Grant {
            bucket: buckets[0].clone(),
            prefix: "edits/".into(),
            access: Access::ReadWrite,
        }],
    };
    let name = spec.credentials.access_key.clone();
    let expected = |verb, detail: &str| Change::new(verb, "user", &name).because(detail);
    let change = async |spec: &UserSpec| {
        let wanted = std::slice::from_ref(spec);
        let planned = s3.diff_users(wanted).await.unwrap().remove(0);
        let done = s3.ensure_users(wanted).await.unwrap().remove(0);
        assert_eq!(planned, done);
        done
    };
    assert_eq!(change(&spec).await, expected(Verb::Create, ""));
    assert_eq!(change(&spec).await, expected(Verb::Keep, ""));
    let user = store.as_user(&spec.credentials);
    user.check().await.unwrap();
    user.usage(&buckets[..1], 1).await.unwrap();
    let denied = user.usage(&buckets[1..], 1).await.unwrap_err();
    assert!(
        matches!(&denied, S3Error::Refused { code, .. } if code == "AccessDenied"),
        "{denied}"
    );
    let denied = user.ensure_buckets(&specs).await.unwrap_err();
    assert!(
        matches!(&denied, S3Error::Refused { code, .. } if code == "AccessDenied"),
        "{denied}"
    );

    spec.credentials.secret_key = "second-secret".into();
    assert_eq!(change(&spec).await, expected(Verb::Change, "secret key"));
    let old = user.check().await.unwrap_err();
    assert!(matches!(old, S3Error::Credentials { .. }), "{old}");
    store.as_user(&spec.credentials).check().await.unwrap();

    spec.grants[0].bucket = buckets[1].clone();
    assert_eq!(change(&spec).await, expected(Verb::Change, "policy"));
    let user = store.as_user(&spec.credentials);
    user.usage(&buckets[1..], 1).await.unwrap();
    user.usage(&buckets[..1], 1).await.unwrap_err();
    assert_eq!(change(&spec).await, expected(Verb::Keep, ""));
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_user_switched_off_is_not_accepted_until_it_is_wanted_again() {
    let mut store = Store::new();
    let s3 = store.s3.clone();
    let name = store.user();
    let spec = UserSpec {
        credentials: credentials(&name, "some-secret"),
        grants: vec![Grant {
            bucket: "nothing".into(),
            prefix: String::new(),
            access: Access::Read,
        }],
    };
    let wanted = std::slice::from_ref(&spec);
    s3.ensure_users(wanted).await.unwrap();
    let user = s3.as_user(spec.credentials.clone());
    user.check().await.unwrap();
    let query = [("accessKey", name.as_str()), ("status", "disabled")];
    let switched = s3.tell_admin("switch it off", "set-user-status", &query, Vec::new());
    switched.await.unwrap();
    let off = user.check().await.unwrap_err();
    assert!(matches!(off, S3Error::Credentials { .. }), "{off}");
    let done = s3.ensure_users(wanted).await.unwrap().remove(0);
    let switched_on = Change::new(Verb::Change, "user", name).because("switched on");
    assert_eq!(done, switched_on);
    user.check().await.unwrap();
}
