//! What ingest keeps in the log beside the topics and its counters: a bookmark for each source.

use crate::log::{Log, LogError, Transaction};
use serde::{Deserialize, Serialize};
use url::Url;
use wikisentry_core::bookmark::Bookmark;
use wikisentry_http::without_secret;

/// What the keys of bookmarks begin with; the source follows.
const BOOKMARKS: &str = "ingest/bookmark/";

/// The value under a bookmark's key.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    bookmark: Bookmark,
}

fn bookmark_key(source: &str) -> String {
    format!("{BOOKMARKS}{source}")
}

/// The bookmark of a source as last committed; `None` if it was never read from.
pub(super) fn own_bookmark(log: &Log, source: &str) -> Result<Option<Bookmark>, LogError> {
    let kept: Option<Kept> = log.get_json(&bookmark_key(source))?;
    Ok(kept.map(|kept| kept.bookmark))
}

/// The bookmark of a source as last committed; where it has none, the latest of any source.
pub(crate) fn committed_bookmark(log: &Log, source: &str) -> Result<Bookmark, LogError> {
    if let Some(bookmark) = own_bookmark(log, source)? {
        return Ok(bookmark);
    }
    let mut bookmarks = Vec::new();
    for (key, _) in log.scan(BOOKMARKS)? {
        let kept: Option<Kept> = log.get_json(&key)?;
        bookmarks.extend(kept.map(|kept| kept.bookmark));
    }
    let latest = bookmarks.into_iter().max_by_key(Bookmark::time);
    Ok(latest.unwrap_or_default())
}

/// Keeps the bookmarks of sources with a password under names without it: earlier versions had it in them.
pub(super) fn forget_passwords(log: &Log) -> Result<(), LogError> {
    let mut tx = Transaction::new();
    for (key, _) in log.scan(BOOKMARKS)? {
        let source = Url::parse(&key[BOOKMARKS.len()..]);
        let Ok(shown) = source.map(|source| without_secret(&source)) else {
            continue;
        };
        if bookmark_key(&shown) == key {
            continue;
        }
        if own_bookmark(log, &shown)?.is_none()
            && let Some(kept) = log.get_json::<Kept>(&key)?
        {
            put_bookmark(&mut tx, &shown, &kept.bookmark);
        }
        tx.delete(key);
    }
    log.commit(tx)
}

/// Adds the bookmark of a source to a transaction.
pub(crate) fn put_bookmark(tx: &mut Transaction, source: &str, bookmark: &Bookmark) {
    let bookmark = bookmark.clone();
    tx.put_json(&bookmark_key(source), &Kept { bookmark });
}
