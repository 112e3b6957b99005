//! What was overwritten or deleted can be had back: no user removes a version, in no way.

use super::{Store, credentials};
use crate::s3::{Access, BucketSpec, Grant, S3, UserSpec};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

const CHAMPION: &str = "models/edit-risk/versions/1/model.json";

/// As the administrator, one version after the other; errors do not matter.
pub(super) async fn remove_all(s3: &S3, bucket: &str) {
    let listed = s3.sdk.list_object_versions().bucket(bucket).send().await;
    let Ok(listed) = listed else { return };
    let objects = listed.versions().iter();
    let objects = objects.map(|one| (one.key(), one.version_id()));
    let markers = listed.delete_markers().iter();
    let markers = markers.map(|one| (one.key(), one.version_id()));
    for (key, version) in objects.chain(markers) {
        let delete = s3.sdk.delete_object().bucket(bucket);
        let delete = delete.set_key(key.map(str::to_owned));
        _ = delete
            .set_version_id(version.map(str::to_owned))
            .send()
            .await;
    }
}

/// MinIO's own header: the whole prefix with every version.
fn force(request: &mut HttpRequest) {
    request.headers_mut().insert("x-minio-force-delete", "true");
}

async fn put(s3: &S3, bucket: &str, text: &'static str) -> String {
    let put = s3.sdk.put_object().bucket(bucket).key(CHAMPION);
    let put = put.body(ByteStream::from_static(text.as_bytes()));
    put.send().await.unwrap().version_id.unwrap()
}

/// The content of a version, as the administrator has it.
async fn content(s3: &S3, bucket: &str, version: &str) -> Vec<u8> {
    let get = s3.sdk.get_object().bucket(bucket).key(CHAMPION);
    let got = get.version_id(version).send().await.unwrap();
    got.body.collect().await.unwrap().to_vec()
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn who_may_write_and_delete_removes_no_version() {
    let mut store = Store::new();
    let s3 = store.s3.clone();
    let bucket = store.bucket();
    let spec = BucketSpec {
        name: bucket.clone(),
        versioning: true,
        lock: true,
        lifecycle: Vec::new(),
    };
    s3.ensure_buckets(std::slice::from_ref(&spec))
        .await
        .unwrap();
    assert!(s3.unlocked_buckets(&[spec]).await.unwrap().is_empty());
    let spec = UserSpec {
        credentials: credentials(&store.user(), "some-secret"),
        grants: vec![Grant {
            bucket: bucket.clone(),
            prefix: "models/".into(),
            access: Access::ReadWrite,
        }],
    };
    s3.ensure_users(std::slice::from_ref(&spec)).await.unwrap();
    let user = store.as_user(&spec.credentials);

    let first = put(&user, &bucket, "the champion").await;
    let second = put(&user, &bucket, "something else").await;
    // One by its version, the current one too.
    for version in [&first, &second] {
        let delete = user.sdk.delete_object().bucket(&bucket).key(CHAMPION);
        let denied = delete.version_id(version).send().await.unwrap_err();
        assert_eq!(denied.code(), Some("AccessDenied"), "{denied:?}");
    }
    // Several at once.
    let one = ObjectIdentifier::builder().key(CHAMPION).version_id(&first);
    let several = Delete::builder().objects(one.build().unwrap());
    let delete = user.sdk.delete_objects().bucket(&bucket);
    let answer = delete
        .delete(several.build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.errors()[0].code(), Some("AccessDenied"));
    assert!(answer.deleted().is_empty(), "{answer:?}");
    // All at once, by MinIO's header.
    for key in [CHAMPION, "models/"] {
        let delete = user.sdk.delete_object().bucket(&bucket).key(key);
        let delete = delete.customize().mutate_request(force);
        delete.send().await.unwrap_err();
    }
    assert_eq!(content(&s3, &bucket, &first).await, b"the champion");
    assert_eq!(content(&s3, &bucket, &second).await, b"something else");

    // To delete without naming a version hides the object, and that is all.
    let delete = user.sdk.delete_object().bucket(&bucket).key(CHAMPION);
    delete.send().await.unwrap();
    let get = user.sdk.get_object().bucket(&bucket).key(CHAMPION);
    let gone = get.send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchKey"), "{gone:?}");
    assert_eq!(content(&s3, &bucket, &first).await, b"the champion");
}
