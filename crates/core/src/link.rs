//! Where an edit can be looked at: the page of its wiki that shows what it changed. Wikimedia's
//! database names tell the site (<https://www.mediawiki.org/wiki/Manual:Wiki_family>,
//! `wmf-config/InitialiseSettings.php`, `wgServer`).

use crate::edit::Edit;

/// Wikis with a site of their own name.
const SITES: [(&str, &str); 27] = [
    ("commonswiki", "commons.wikimedia.org"),
    ("wikidatawiki", "www.wikidata.org"),
    ("metawiki", "meta.wikimedia.org"),
    ("mediawikiwiki", "www.mediawiki.org"),
    ("specieswiki", "species.wikimedia.org"),
    ("incubatorwiki", "incubator.wikimedia.org"),
    ("outreachwiki", "outreach.wikimedia.org"),
    ("foundationwiki", "foundation.wikimedia.org"),
    ("wikimaniawiki", "wikimania.wikimedia.org"),
    ("wikifunctionswiki", "www.wikifunctions.org"),
    ("sourceswiki", "wikisource.org"),
    ("betawikiversity", "beta.wikiversity.org"),
    ("testwiki", "test.wikipedia.org"),
    ("test2wiki", "test2.wikipedia.org"),
    ("testwikidatawiki", "test.wikidata.org"),
    ("testcommonswiki", "test-commons.wikimedia.org"),
    ("be_x_oldwiki", "be-tarask.wikipedia.org"),
    ("nostalgiawiki", "nostalgia.wikipedia.org"),
    ("strategywiki", "strategy.wikimedia.org"),
    ("usabilitywiki", "usability.wikimedia.org"),
    ("qualitywiki", "quality.wikimedia.org"),
    ("tenwiki", "ten.wikipedia.org"),
    ("labswiki", "wikitech.wikimedia.org"),
    ("apiportalwiki", "api.wikimedia.org"),
    ("votewiki", "vote.wikimedia.org"),
    ("donatewiki", "donate.wikimedia.org"),
    ("loginwiki", "login.wikimedia.org"),
];

/// Families of wikis, one for each language; the name's end tells which. `wiki` ends others, too.
const FAMILIES: [(&str, &str); 9] = [
    ("wiktionary", "wiktionary.org"),
    ("wikibooks", "wikibooks.org"),
    ("wikinews", "wikinews.org"),
    ("wikiquote", "wikiquote.org"),
    ("wikisource", "wikisource.org"),
    ("wikiversity", "wikiversity.org"),
    ("wikivoyage", "wikivoyage.org"),
    ("wikimedia", "wikimedia.org"),
    ("wiki", "wikipedia.org"),
];

/// The site of a wiki, by its database name; of those that are not listed here it is taken from the
/// name's parts. `None` if that is no name of Wikimedia's form.
pub fn site(wiki: &str) -> Option<String> {
    if let Some((_, site)) = SITES.iter().find(|(name, _)| *name == wiki) {
        return Some((*site).to_owned());
    }
    let (language, family) = FAMILIES
        .iter()
        .find_map(|(end, family)| Some((wiki.strip_suffix(end)?, family)))?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if language.is_empty() || !language.chars().all(is_name) {
        return None;
    }
    Some(format!("{}.{family}", language.replace('_', "-")))
}

/// The page that shows what a revision changed.
pub fn diff(wiki: &str, rev_id: i64) -> Option<String> {
    let site = site(wiki).filter(|_| rev_id > 0)?;
    Some(format!("https://{site}/w/index.php?diff={rev_id}"))
}

/// The page that shows what an edit changed.
pub fn diff_of(edit: &Edit<'_>) -> Option<String> {
    diff(&edit.wiki, edit.rev_id?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Event};
    use std::io::Read;

    #[test]
    fn a_revision_has_a_page_on_the_site_of_its_wiki() {
        for (wiki, site_of) in [
            ("enwiki", "en.wikipedia.org"),
            ("zh_yuewiki", "zh-yue.wikipedia.org"),
            ("be_x_oldwiki", "be-tarask.wikipedia.org"),
            ("frwiktionary", "fr.wiktionary.org"),
            ("dewikisource", "de.wikisource.org"),
            ("sourceswiki", "wikisource.org"),
            ("wikidatawiki", "www.wikidata.org"),
            ("uawikimedia", "ua.wikimedia.org"),
        ] {
            assert_eq!(site(wiki).as_deref(), Some(site_of), "{wiki}");
        }
        for other in [
            "",
            "wiki",
            "enwiki/../x",
            "example.org",
            "ENwiki",
            "a b wiki",
        ] {
            assert_eq!(site(other), None, "{other}");
        }
        assert_eq!(
            diff("dewiki", 7).as_deref(),
            Some("https://de.wikipedia.org/w/index.php?diff=7")
        );
        assert_eq!(diff("dewiki", 0), None);
    }

    #[test]
    fn the_sites_are_those_that_recorded_events_name() {
        let path = "/../../testdata/sample/recentchange.jsonl.gz";
        let path = format!("{}{path}", env!("CARGO_MANIFEST_DIR"));
        let mut unpacked = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
        let mut lines = String::new();
        unpacked.read_to_string(&mut lines).unwrap();
        let mut wikis = std::collections::BTreeSet::new();
        for line in lines.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let Body::Edit(edit) = Event::parse(line.as_bytes()).unwrap().body else {
                continue;
            };
            let domain = event["server_name"].as_str().unwrap();
            assert_eq!(site(&edit.wiki).as_deref(), Some(domain), "{}", edit.wiki);
            wikis.insert(edit.wiki.to_string());
        }
        assert_eq!(wikis.len(), 5);
    }
}
