//! How the list of images reads: the current ones, what they take together, and what can go.

use super::layout;
use crate::amounts::bytes;
use std::fmt::Write;
use wikisentry_driver::images::{ImageListing, ListedImage, OutdatedImage, PresentImage};

/// The view for people.
pub(super) fn view(listing: &ImageListing, width: usize) -> String {
    let rows: Vec<_> = listing.images.iter().map(row).collect();
    let header = ["image", "reference", "size", "shared", "layers", "built"];
    let mut text = layout::table(header, &rows, width);
    let mut note = format!("together {}", bytes(listing.bytes));
    if let Some(disk) = &listing.disk {
        let (free, all) = (bytes(disk.free), bytes(disk.bytes));
        _ = write!(note, "; {free} of {all} left in {}", disk.root);
    }
    if listing.images.iter().any(|image| image.present.is_none()) {
        note.push_str("\nmissing images come with `wikisentry images build`");
    }
    _ = write!(text, "\n{}", layout::folded(&note, 0, width));
    outdated(&mut text, &listing.outdated, width);
    text
}

fn row(image: &ListedImage) -> [String; 6] {
    let name = image.name.to_owned();
    let reference = image.reference.clone();
    let nothing = || "-".to_owned();
    let Some(present) = &image.present else {
        let missing = "missing".to_owned();
        return [name, reference, missing, nothing(), nothing(), nothing()];
    };
    let shared = match present.shared_bytes {
        0 => nothing(),
        shared => bytes(shared),
    };
    [
        name,
        reference,
        bytes(present.bytes),
        shared,
        layers(present),
        present.created.map_or_else(nothing, date),
    ]
}

fn layers(image: &PresentImage) -> String {
    match image.shared_layers {
        0 => image.layers.to_string(),
        shared => format!("{}, {shared} shared", image.layers),
    }
}

fn outdated(text: &mut String, images: &[OutdatedImage], width: usize) {
    if images.is_empty() {
        return;
    }
    let rows: Vec<_> = images
        .iter()
        .map(|image| {
            let used_by = match image.used_by.as_slice() {
                [] => "nothing".to_owned(),
                names => names.join(", "),
            };
            let reference = image.reference.clone();
            [reference, bytes(image.bytes), date(image.created), used_by]
        })
        .collect();
    text.push('\n');
    let header = ["older", "size", "built", "used by"];
    text.push_str(&layout::table(header, &rows, width));
    if images.iter().any(|image| image.used_by.is_empty()) {
        let note = "free the space of those that nothing uses with `wikisentry images prune`";
        _ = write!(text, "\n{}", layout::folded(note, 0, width));
    }
}

/// A day in UTC.
fn date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_driver::images::EngineDisk;

    #[test]
    fn the_list_says_what_is_there_what_is_missing_and_what_can_go() {
        let present = |bytes, shared_bytes, shared_layers| {
            Some(PresentImage {
                id: "sha256:1".to_owned(),
                created: Some(1_790_000_000),
                bytes,
                layers: 4,
                shared_layers,
                shared_bytes,
            })
        };
        let image = |name: &'static str, present| ListedImage {
            name,
            reference: format!("wikisentry/{name}:0123456789ab"),
            replaced: false,
            present,
        };
        let old = |tag: &str, used_by: &[&str]| OutdatedImage {
            reference: format!("wikisentry/kafka:{tag}"),
            created: 1_780_000_000,
            bytes: 200 << 20,
            used_by: used_by.iter().map(|name| name.to_string()).collect(),
        };
        let listing = ImageListing {
            images: vec![
                image("base", present(80 << 20, 0, 4)),
                image("kafka", present(220 << 20, 80 << 20, 3)),
                image("minio", None),
            ],
            outdated: vec![
                old("aaaaaaaaaaaa", &["wikisentry-kafka-1"]),
                old("bbbbbbbbbbbb", &[]),
            ],
            bytes: 220 << 20,
            disk: Some(EngineDisk {
                root: "/var/lib/docker".to_owned(),
                bytes: 200 << 30,
                free: 50 << 30,
            }),
        };
        insta::assert_snapshot!(anstream::adapter::strip_str(&view(&listing, usize::MAX)), @r"
        image  reference                      size      shared    layers       built
        base   wikisentry/base:0123456789ab   80.0 MiB  -         4, 4 shared  2026-09-21
        kafka  wikisentry/kafka:0123456789ab  220 MiB   80.0 MiB  4, 3 shared  2026-09-21
        minio  wikisentry/minio:0123456789ab  missing   -         -            -

        together 220 MiB; 50.0 GiB of 200 GiB left in /var/lib/docker
        missing images come with `wikisentry images build`

        older                          size     built       used by
        wikisentry/kafka:aaaaaaaaaaaa  200 MiB  2026-05-28  wikisentry-kafka-1
        wikisentry/kafka:bbbbbbbbbbbb  200 MiB  2026-05-28  nothing

        free the space of those that nothing uses with `wikisentry images prune`
        ");
    }
}
