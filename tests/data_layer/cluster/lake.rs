//! The rows of the two lakes, by a reader that is not ours.

use super::Embedded;
use crate::fixture::{Fixture, PATIENCE};
use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as Key};
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use wikisentry_driver::s3::{Credentials, StoreAddress, objects};

/// The row of each edit in words, by the id of its event; with the folder that it lies in.
pub type Rows = BTreeMap<String, String>;

/// What tells when a row was made, and where the platform itself kept its edit.
const OWN: [&str; 2] = ["ingest_time", "score_time"];

/// Adds the rows of a file; `folder` is of the partition.
fn add(rows: &mut Rows, folder: &str, bytes: bytes::Bytes) {
    let file = SerializedFileReader::new(bytes).expect("Parquet");
    for row in file.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let (mut id, mut text) = (String::new(), format!("{folder}:"));
        for (name, value) in row.get_column_iter() {
            if name == "meta_id" {
                id = value.to_string();
            }
            if !OWN.contains(&name.as_str()) {
                text.push_str(&format!(" {name}={value}"));
            }
        }
        let twice = rows.insert(id.clone(), text);
        assert_eq!(twice, None, "{id} lies in the lake twice");
    }
}

/// The folder of a partition in the name of an object or a file.
fn partition(name: &str) -> &str {
    let begin = name.find("user_type=").expect("a partition");
    let end = name.rfind('/').expect("a folder");
    &name[begin..end]
}

fn embedded_rows(lake: &Path) -> Rows {
    let mut rows = Rows::new();
    let files = format!("{}/edits/**/*.parquet", lake.display());
    for file in glob::glob(&files).expect("a pattern") {
        let file = file.expect("a file");
        let bytes = std::fs::read(&file).expect("its bytes");
        add(&mut rows, partition(&file.to_string_lossy()), bytes.into());
    }
    rows
}

fn rows_in_bucket(layer: &Fixture) -> Rows {
    let (access_key, secret_key) = layer.administrator("minio");
    let credentials = Credentials {
        access_key,
        secret_key,
    };
    let endpoint = format!("http://{}", layer.published("MINIO__PORT"));
    let endpoint = StoreAddress::own(endpoint.parse().expect("an address"));
    let asked = async {
        let store = objects(
            &endpoint,
            &credentials,
            "wikisentry",
            Duration::from_secs(30),
        );
        let store = store.expect("a client");
        let mut rows = Rows::new();
        let listed = store.list(Some(&Key::from("edits")));
        let listed: Vec<_> = listed.try_collect().await.expect("a list");
        for object in listed {
            let name = object.location.to_string();
            let got = store.get(&object.location).await.expect("an object");
            add(
                &mut rows,
                partition(&name),
                got.bytes().await.expect("its bytes"),
            );
        }
        rows
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(asked)
}

/// Waits until a lake has so many rows.
fn whole(edits: usize, read: impl Fn() -> Rows) -> Rows {
    let begun = Instant::now();
    loop {
        let rows = read();
        if rows.len() >= edits {
            return rows;
        }
        assert!(begun.elapsed() < PATIENCE, "{} of {edits} rows", rows.len());
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// Both lakes have the same rows in the same folders.
pub fn assert_equal(layer: &Fixture, embedded: &Embedded, edits: usize) {
    let expected = whole(edits, || embedded_rows(&embedded.lake()));
    let found = whole(edits, || rows_in_bucket(layer));
    for (id, row) in &expected {
        assert_eq!(found.get(id), Some(row), "{id}");
    }
    assert_eq!(found.len(), expected.len());
}
