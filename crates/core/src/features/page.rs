//! Features of the page and its history, of sizes, and of how and when the edit was made.

use super::columns::Column as C;
use super::hash::{Fnv, bucket};
use super::row::RowWriter;
use crate::edit::{Edit, EditType};

pub(super) fn extract(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    page(edit, row);
    wiki(&edit.wiki, row);
    size(edit, row);
    context(edit, row);
}

fn page(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    row.flag(C::page_is_new, edit.edit_type == EditType::New);
    if let Some(namespace) = edit.namespace {
        // Extensions number their namespaces from 100 on; they all count as 100.
        row.set(C::page_namespace, namespace.clamp(-2, 100) as f32);
        row.flag(C::page_is_talk, namespace > 0 && namespace % 2 == 1);
    }
    if let (Some(new), Some(old)) = (edit.rev_id, edit.rev_old_id)
        && new > old
        && old > 0
    {
        row.log2(C::page_idle_revisions, new - old);
        row.set(C::page_idle_share, (new - old) as f32 / new as f32);
    }
    if let Some(revisions) = edit.page_revision_count {
        row.log2(C::page_revisions, revisions.max(0));
    }
}

/// Most wikis are named by language and project, e.g. `enwiki`, `dewiktionary`.
fn wiki(name: &str, row: &mut RowWriter<'_>) {
    const PROJECTS: [(&str, f32); 8] = [
        ("wiktionary", 3.0),
        ("wikisource", 4.0),
        ("wikiquote", 4.0),
        ("wikibooks", 4.0),
        ("wikinews", 4.0),
        ("wikiversity", 4.0),
        ("wikivoyage", 4.0),
        ("wiki", 0.0),
    ];
    let kind = match name {
        "wikidatawiki" => 1.0,
        "commonswiki" => 2.0,
        "metawiki" | "specieswiki" | "mediawikiwiki" | "incubatorwiki" | "foundationwiki"
        | "wikimaniawiki" | "outreachwiki" | "sourceswiki" => 5.0,
        _ => PROJECTS
            .iter()
            .find(|(suffix, _)| name.ends_with(suffix))
            .map_or(6.0, |(_, kind)| *kind),
    };
    row.set(C::wiki_kind, kind);
    row.flag(
        C::wiki_is_english,
        name.starts_with("enwik") || name == "simplewiki",
    );
    let hash = name.chars().fold(Fnv::new(), Fnv::char).value();
    row.count(C::wiki_bucket, bucket(hash, 64) as u32);
}

fn size(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    if let Some(new) = edit.length_new {
        row.log2(C::size_new, new.max(0));
    }
    if let Some(old) = edit.length_old {
        row.log2(C::size_old, old.max(0));
    }
    if let Some(delta) = edit.length_delta() {
        row.log2(C::size_delta, delta);
        row.log2(C::size_delta_magnitude, delta.saturating_abs());
    }
    if let (Some(old), Some(new)) = (edit.length_old, edit.length_new)
        && old > 0
    {
        let removed = old.saturating_sub(new.max(0)).max(0);
        row.set(C::size_removed_share, removed as f32 / old as f32);
        row.flag(C::size_is_blanked, new <= 0);
    }
}

fn context(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    if let Some(minor) = edit.is_minor {
        row.flag(C::edit_is_minor, minor);
    }
    if let Some(patrolled) = edit.is_patrolled {
        row.flag(C::edit_is_patrolled, patrolled);
    }
    let seconds = edit.event_time.as_millis().div_euclid(1_000);
    let hour = seconds.div_euclid(3_600);
    row.set(C::time_hour, hour.rem_euclid(24) as f32);
    // 1970-01-01 was a Thursday; Monday is 0.
    let weekday = (hour.div_euclid(24) + 3).rem_euclid(7);
    row.set(C::time_weekday, weekday as f32);
    row.flag(C::time_is_weekend, weekday >= 5);
}
