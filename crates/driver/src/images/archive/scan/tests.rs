//! Archives that are sound, cut, changed, and made to deceive.

use super::super::ManifestImage;
use super::super::save::entry;
use super::*;
use std::io::Write;
use tar::EntryType;

const LIST: &str = "manifest.json";

const REFERENCE: &str = "wikisentry/base:0123456789ab";

/// A layer, in which every bit counts.
fn layer() -> Vec<u8> {
    (0..60_000_u64).map(|n| ((n * n * n) >> 7) as u8).collect()
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn manifest(format: u32) -> ArchiveManifest {
    ArchiveManifest {
        format,
        platform: "linux/amd64".to_owned(),
        images: vec![ManifestImage {
            name: "base".to_owned(),
            reference: REFERENCE.to_owned(),
            layers: vec![format!("sha256:{}", sha256(&layer()))],
        }],
    }
}

/// An entry: path, type, content, and where it leads if it is a link.
type File = (&'static str, EntryType, Vec<u8>, &'static str);

fn file(path: &'static str, content: impl Into<Vec<u8>>) -> File {
    (path, EntryType::Regular, content.into(), "")
}

/// A configuration that names a layer.
fn config(layer: &[u8]) -> Vec<u8> {
    let sha256 = sha256(layer);
    format!(r#"{{"rootfs":{{"type":"layers","diff_ids":["sha256:{sha256}"]}}}}"#).into_bytes()
}

fn list(tag: &str) -> String {
    format!(r#"[{{"Config":"c","RepoTags":["{tag}"],"Layers":["l/layer.tar"]}}]"#)
}

/// What an engine hands out: a layer, a configuration, and its list; then more.
fn engine_part_with(tag: &str, more: &[File]) -> Vec<u8> {
    let own = [
        ("l/", EntryType::Directory, Vec::new(), ""),
        file("l/layer.tar", layer()),
        file("c", config(&layer())),
        file(LIST, list(tag)),
    ];
    entries(&[&own[..], more].concat())
}

fn engine_part(tag: &str) -> Vec<u8> {
    engine_part_with(tag, &[])
}

fn entries(files: &[File]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, kind, content, target) in files {
        let mut header = tar::Header::new_gnu();
        // As somebody would write it who does not ask the library.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        if !target.is_empty() {
            header.set_link_name_literal(target).unwrap();
        }
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn compressed(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    for part in parts {
        encoder.write_all(part).unwrap();
    }
    encoder.finish().unwrap()
}

fn sound() -> Vec<u8> {
    compressed(&[&entry(&manifest(FORMAT)).unwrap(), &engine_part(REFERENCE)])
}

fn scanned(content: &[u8]) -> Result<Scanned, ImageError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, content).unwrap();
    scan(&path, |_| ())
}

#[test]
fn a_sound_archive_is_read_and_its_engine_part_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, sound()).unwrap();
    let mut read = 0;
    let scanned = scan(&path, |bytes| read = bytes).unwrap();
    assert_eq!(scanned.manifest, manifest(FORMAT));
    assert_eq!(read, sound().len() as u64);
    assert_eq!(scanned.sha256, sha256(&sound()));
    let mut rest = Vec::new();
    let mut archive = open(&path, |_| ()).unwrap();
    archive.read_to_end(&mut rest).unwrap();
    assert!(rest[scanned.engine_part as usize..] == engine_part(REFERENCE));
    let mut pieces = Pieces::default();
    pieces.update(&rest);
    assert_eq!(scanned.pieces, pieces.finish());
}

#[test]
fn what_is_no_archive_of_ours_is_refused_with_the_reason() {
    let ours = entry(&manifest(FORMAT)).unwrap();
    let newer = entry(&manifest(FORMAT + 1)).unwrap();
    let no_json = {
        let mut bytes = ours.clone();
        bytes[512] = b'x';
        bytes
    };
    let engine = engine_part(REFERENCE);
    for (content, reason) in [
        (Vec::new(), "not compressed with zstd"),
        (
            b"PK\x03\x04 a zip file".to_vec(),
            "not compressed with zstd",
        ),
        (engine.clone(), "not compressed with zstd"),
        (compressed(&[&engine]), "does not begin with"),
        (compressed(&[b"text"]), "no tar archive"),
        (compressed(&[b""]), "it is empty"),
        (compressed(&[&newer, &engine]), "it has format 2"),
        (compressed(&[&no_json, &engine]), "wikisentry-images.json: "),
        (compressed(&[&ours]), "lacks manifest.json"),
        (
            compressed(&[&ours, &engine_part("other:1")]),
            "does not name other:1",
        ),
        (
            compressed(&[&ours, &engine_part(REFERENCE), b"more"]),
            "goes on after its end",
        ),
    ] {
        let error = scanned(&content).unwrap_err();
        let refused = matches!(error, ImageError::NotAnArchive { .. });
        assert!(
            refused && error.to_string().contains(reason),
            "{reason}: {error}"
        );
    }
}

#[test]
fn an_archive_that_is_cut_or_changed_anywhere_is_refused() {
    let sound = sound();
    for end in (4..sound.len()).step_by(97).chain([sound.len() - 1]) {
        let error = scanned(&sound[..end]).unwrap_err();
        let cut = matches!(&error, ImageError::Damaged { .. });
        let said = error.to_string().ends_with("it is cut short");
        assert!(cut && said, "cut at {end} of {}: {error}", sound.len());
    }
    for at in (4..6).chain((6..sound.len()).step_by(61)) {
        let mut changed = sound.clone();
        changed[at] ^= 0x10;
        if scanned(&changed).is_ok() {
            // Some bits say how to read, not what: all that counts is what comes out.
            let [changed, sound] = [&changed, &sound].map(|file| zstd::decode_all(&file[..]));
            assert!(changed.unwrap() == sound.unwrap(), "changed at {at}");
        }
    }
    let mut longer = sound;
    longer.extend_from_slice(b"more");
    assert!(matches!(scanned(&longer), Err(ImageError::Damaged { .. })));
}

#[test]
fn what_only_another_engine_would_see_is_refused() {
    let other = list("other:1");
    let note = |key: &str, name: &str| {
        let annotations = format!(r#""annotations":{{"{key}":"{name}"}}"#);
        format!(r#"{{"manifests":[{{"digest":"sha256:00",{annotations}}}]}}"#)
    };
    let index = |name: &str| note("io.containerd.image.name", name);
    let tag = |name: &str| note("org.opencontainers.image.ref.name", name);
    let link = |path, target| (path, EntryType::Symlink, Vec::new(), target);
    let named = |name: &str| format!("docker.io/{name}");
    for (more, reason) in [
        (file("./manifest.json", &*other), "./manifest.json twice"),
        (file("l/../manifest.json", &*other), "manifest.json twice"),
        (file(LIST, &*other), "manifest.json twice"),
        (file("/manifest.json", &*other), "no path in an archive"),
        (file("../manifest.json", &*other), "no path in an archive"),
        (
            file("index.json", index("other:1")),
            "does not name other:1",
        ),
        (file("index.json", tag("other:1")), "does not name other:1"),
        (file("index.json", "{"), "index.json: "),
        (
            file("index.json", index(&named(REFERENCE))),
            "index.json has no image wikisentry/base",
        ),
        (
            file("repositories", r#"{"other":{"1":"id"}}"#),
            "does not name other:1",
        ),
        (file("blobs/sha256/ab", "x"), "blobs/sha256/ab has SHA-256"),
        (link("x", "/etc/passwd"), "leads out of the archive"),
        (link("x", "../x"), "leads out of the archive"),
        (("x", EntryType::Link, Vec::new(), "c"), "neither file nor"),
        (("x", EntryType::Char, Vec::new(), ""), "neither file nor"),
        // The same of what is there by right.
        (file("index.json", tag("0123456789ab")), ""),
        (link("x", "l/../c"), ""),
        (("l", EntryType::Directory, Vec::new(), ""), ""),
    ] {
        let shown = more.0;
        let engine = engine_part_with(REFERENCE, &[more]);
        let found = scanned(&compressed(&[&entry(&manifest(FORMAT)).unwrap(), &engine]));
        match (reason, found) {
            ("", found) => assert!(found.is_ok(), "{shown}: {found:?}"),
            (_, Ok(found)) => panic!("{shown}: {reason}: {found:?}"),
            (_, Err(error)) => {
                let refused = matches!(error, ImageError::NotAnArchive { .. });
                assert!(
                    refused && error.to_string().contains(reason),
                    "{shown}: {error}"
                );
            }
        }
    }
}

#[test]
fn layers_are_those_of_the_list_in_name_and_content() {
    let ours = entry(&manifest(FORMAT)).unwrap();
    let of = |files: &[File]| compressed(&[&ours, &entries(files)]);
    let linked = ("l/layer.tar", EntryType::Symlink, Vec::new(), "../real");
    for (files, reason) in [
        (
            [
                file("l/layer.tar", "another"),
                file("c", config(&layer())),
                file(LIST, list(REFERENCE)),
            ],
            "is not the layer",
        ),
        (
            [
                file("l/layer.tar", "another"),
                file("c", config(b"another")),
                file(LIST, list(REFERENCE)),
            ],
            "has other layers than its list says",
        ),
        (
            [
                file("x", "another"),
                file("c", config(&layer())),
                file(LIST, list(REFERENCE)),
            ],
            "lacks l/layer.tar",
        ),
        (
            [
                file("l/layer.tar", layer()),
                file("x", config(&layer())),
                file(LIST, list(REFERENCE)),
            ],
            "lacks c",
        ),
        (
            [
                file("l/layer.tar", layer()),
                file("c", config(&layer())),
                file(LIST, list(REFERENCE).replace(r#"["l/layer.tar"]"#, "[]")),
            ],
            "other layers than the list",
        ),
        (
            [
                file("l/layer.tar", layer()),
                file("c", config(&layer())),
                file(
                    LIST,
                    list(REFERENCE).replace(&format!(r#"["{REFERENCE}"]"#), "null"),
                ),
            ],
            "an image without a name",
        ),
    ] {
        let error = scanned(&of(&files)).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    // Old engines write a layer that two images share once, and lead there.
    let files = [
        file("real", layer()),
        linked,
        file("c", config(&layer())),
        file(LIST, list(REFERENCE)),
    ];
    scanned(&of(&files)).unwrap();
}

fn blob(content: &[u8]) -> File {
    let path = format!("blobs/sha256/{}", sha256(content));
    file(path.leak(), content)
}

/// The way to some content, and what else is said of it.
fn to(content: &[u8], more: &str) -> String {
    format!(r#"{{"digest":"sha256:{}"{more}}}"#, sha256(content))
}

fn index_of(ways: &[String]) -> Vec<u8> {
    format!(r#"{{"manifests":[{}]}}"#, ways.join(",")).into_bytes()
}

/// An image of one layer as containerd's store writes it: its manifest, and all its files.
fn image(architecture: &str, layer: &[u8]) -> (Vec<u8>, Vec<File>) {
    let platform = format!(r#"{{"os":"linux","architecture":"{architecture}","#);
    let config = String::from_utf8(config(layer)).unwrap();
    let config = config.replacen('{', &platform, 1).into_bytes();
    let (to_config, to_layer) = (to(&config, ""), to(layer, ""));
    let manifest = format!(r#"{{"config":{to_config},"layers":[{to_layer}]}}"#).into_bytes();
    let files = vec![blob(&config), blob(layer), blob(&manifest)];
    (manifest, files)
}

#[test]
fn the_index_of_other_engines_leads_to_the_same_layers() {
    let named = format!(r#","annotations":{{"io.containerd.image.name":"{REFERENCE}"}}"#);
    let amd = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    let (own, own_files) = image("amd64", &layer());
    let (other, other_files) = image("amd64", b"another");
    let (foreign, foreign_files) = image("arm64", b"another");
    let inner = index_of(&[to(&own, ""), to(&foreign, "")]);
    let deceiving = index_of(&[to(&own, ""), to(&foreign, amd)]);
    let both = br#"{"manifests":[],"config":{"digest":"sha256:00"}}"#.as_slice();
    let indexes = [blob(&inner), blob(&deceiving), blob(both)];
    let lacking = [own_files[0].clone(), own_files[2].clone()];
    let all = [&own_files[..], &foreign_files, &indexes].concat();
    let with_other = [&own_files[..2], &other_files].concat();
    for (ways, files, reason) in [
        (vec![to(&own, &named)], &own_files[..], ""),
        (vec![to(&own, "")], &own_files, ""),
        // For other machines too; what is for those alone may be left out.
        (vec![to(&inner, &named)], &all, ""),
        (vec![to(&inner, &named)], &all[..3], "has no image"),
        (vec![to(&own, &named), to(&foreign, "")], &own_files, ""),
        (vec![to(&foreign, &named)], &foreign_files, "has no image"),
        (vec![to(&other, &named)], &with_other, "other layers"),
        (vec![to(&other, "")], &with_other, "other layers"),
        (vec![to(&deceiving, &named)], &all, "other layers"),
        (vec![to(&own, &named)], &lacking, "lacks blobs/sha256/"),
        (vec![to(both, &named)], &all, "neither index nor manifest"),
        (vec![to(&own, ""); 1_001], &own_files, "leads on and on"),
        (
            vec![r#"{"digest":"sha512:00"}"#.to_owned()],
            &own_files,
            "no SHA-256",
        ),
    ] {
        let more = [&[file("index.json", index_of(&ways))], files].concat();
        let engine = engine_part_with(REFERENCE, &more);
        let found = scanned(&compressed(&[&entry(&manifest(FORMAT)).unwrap(), &engine]));
        match found {
            Ok(_) => assert_eq!(reason, "", "{ways:?}"),
            Err(error) => {
                let said = error.to_string();
                assert!(
                    !reason.is_empty() && said.contains(reason),
                    "{reason}: {said}"
                );
            }
        }
    }
}
