//! Small files of the lake in the real object store, merged by the program's own user.

use crate::fixture::Fixture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::sync::Arc;
use std::time::Duration;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::classify::edit_of;
use wikisentry_core::time::EventTime;
use wikisentry_driver::s3::{self, Credentials, StoreAddress};
use wikisentry_lake::archive::{FILE_SUFFIX, FileWriter, Lake, Partition, StoreCompactor, Told};
use wikisentry_replay::ReplaySource;

const FILES: usize = 6;

/// The objects of the bucket, as an account sees them.
fn objects(layer: &Fixture, account: (String, String)) -> Arc<dyn ObjectStore> {
    let endpoint = format!("http://{}", layer.published("MINIO__PORT"));
    let (access_key, secret_key) = account;
    let credentials = Credentials {
        access_key,
        secret_key,
    };
    let endpoint = StoreAddress::own(endpoint.parse().expect("an address"));
    s3::objects(
        &endpoint,
        &credentials,
        "wikisentry",
        Duration::from_secs(30),
    )
    .expect("a client")
}

/// Files of one edit each, all of one hour, as Flink writes them.
fn files() -> Vec<(Partition, Vec<u8>)> {
    let sample = ReplaySource::sample().expect("the sample");
    let now = EventTime::parse("2024-01-01T00:00:00Z").expect("a time");
    let mut files: Vec<(Partition, Vec<u8>)> = Vec::new();
    for line in sample.lines() {
        let Ok(Some(edit)) = edit_of(line, now) else {
            continue;
        };
        let partition = Partition::of(edit.user_type, edit.event_time);
        if files.first().is_some_and(|(first, _)| *first != partition) {
            continue;
        }
        let classification = Classification {
            score: None,
            class: None,
            model_version: None,
            ingest_time: now,
            score_time: now,
        };
        let mut file = FileWriter::new().expect("a schema");
        let record = ClassifiedEdit {
            edit,
            classification,
        };
        file.push(&record).expect("a row");
        files.push((partition, file.finish().expect("a file")));
        if files.len() == 2 * FILES {
            break;
        }
    }
    assert_eq!(files.len(), 2 * FILES);
    files
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn small_files_in_the_object_store_become_one() {
    let mut layer = Fixture::new("lake", 95);
    layer.serve(&["--rate", "1"]);
    layer.up();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let administrator = objects(&layer, layer.administrator("minio"));
    let mut accounts = layer.accounts("minio").into_iter();
    let cli = accounts.find(|(user, _)| user == "cli").unwrap();
    let lake = Lake::on_store(objects(&layer, cli), "");
    let files = files();
    let partition = files[0].0;
    let put = |range: std::ops::Range<usize>| {
        for number in range {
            let uuid = format!("00000000-0000-4000-8000-{number:012}");
            let key = format!("edits/{partition}/part-{uuid}-{number}{FILE_SUFFIX}");
            let (key, bytes) = (Path::from(key), files[number].1.clone().into());
            runtime.block_on(administrator.put(&key, bytes)).unwrap();
        }
    };
    put(0..FILES);

    // Nothing was written an hour later: Flink may look for all of them.
    assert_eq!(layer.ok(&["lake", "compact", "--output", "json"]), "");
    assert_eq!(lake.totals().unwrap().files, FILES as u64);

    let compact = || {
        let compactor = StoreCompactor::of(&lake, 2).unwrap();
        let compactor = compactor.settled_after(Duration::ZERO);
        let mut merged = 0;
        let run = compactor.run(&mut |told| {
            if let Told::Compacted(done) = told {
                merged += done.files;
            }
        });
        run.unwrap();
        merged
    };
    assert_eq!(compact(), FILES);
    assert_eq!(lake.totals().unwrap().files, 1);
    assert_eq!(lake.rows().unwrap(), FILES as u64);

    // Two at the same time.
    put(FILES..2 * FILES);
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(compact), scope.spawn(compact));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert!(one + other >= FILES, "{one} and {other}");
    assert_eq!(lake.totals().unwrap().files, 1);
    assert_eq!(lake.rows().unwrap(), 2 * FILES as u64);
    layer.ok(&["down", "--purge", "--yes"]);
}
