//! Reads a simulated stream as someone would who knows nothing of how it was made.

use serde_json::Value;
use std::collections::HashMap;

use crate::ReplaySource;
use crate::simulation::RevertEvidence;

type Key = (String, i64);

#[derive(Debug)]
pub struct Edit {
    pub wiki: String,
    pub title: String,
    pub user: String,
    pub comment: String,
    pub rev_id: i64,
    pub parent: Option<i64>,
}

/// What the stream tells, in its order.
#[derive(Debug, Default)]
pub struct History {
    pub edits: HashMap<Key, Edit>,
    order: Vec<Key>,
    tagged: Vec<Key>,
    /// Wiki, oldest and newest revision reverted, reverting one.
    ranges: Vec<(String, i64, i64, i64)>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl History {
    pub fn read(source: &ReplaySource) -> Self {
        let mut history = Self::default();
        for line in source.lines() {
            let event: Value = serde_json::from_slice(line).unwrap();
            match event["meta"]["stream"].as_str().unwrap() {
                "mediawiki.recentchange" => history.edit(&event),
                "mediawiki.page_change.v1" => {
                    let revision = &event["revision"];
                    let fact = &revision["revert"];
                    history.ranges.push((
                        text(&event["wiki_id"]),
                        fact["rev_reverted_oldest_id"].as_i64().unwrap(),
                        fact["rev_reverted_newest_id"].as_i64().unwrap(),
                        revision["rev_id"].as_i64().unwrap(),
                    ));
                }
                "mediawiki.revision-tags-change" => {
                    let key = (text(&event["database"]), event["rev_id"].as_i64().unwrap());
                    assert!(history.edits.contains_key(&key), "a tag before its edit");
                    if event["tags"][0] == "mw-reverted" {
                        history.tagged.push(key);
                    }
                }
                other => panic!("stream {other}"),
            }
        }
        history
    }

    fn edit(&mut self, event: &Value) {
        let rev_id = event["revision"]["new"].as_i64().unwrap();
        let edit = Edit {
            wiki: text(&event["wiki"]),
            title: text(&event["title"]),
            user: text(&event["user"]),
            comment: text(&event["comment"]),
            rev_id,
            parent: event["revision"]["old"].as_i64(),
        };
        let key = (edit.wiki.clone(), rev_id);
        self.order.push(key.clone());
        assert!(
            self.edits.insert(key, edit).is_none(),
            "revision {rev_id} twice"
        );
    }

    /// Revisions rise on each wiki; the parent of an edit is the edit before it on the page, and
    /// of a page's first edit here a revision that is not, except as `may_be_first` allows.
    pub fn check(&self, may_be_first: impl Fn(i64) -> bool) {
        let mut latest_of_page: HashMap<(&str, &str), i64> = HashMap::new();
        let mut latest_of_wiki: HashMap<&str, i64> = HashMap::new();
        for key in &self.order {
            let edit = &self.edits[key];
            let before = latest_of_wiki.insert(&edit.wiki, edit.rev_id);
            assert!(before.is_none_or(|before| before < edit.rev_id), "{edit:?}");
            match latest_of_page.insert((&edit.wiki, &edit.title), edit.rev_id) {
                Some(latest) => assert_eq!(edit.parent, Some(latest), "{edit:?}"),
                None => {
                    let parent = edit.parent.unwrap_or(0);
                    assert!(parent < edit.rev_id);
                    let is_quiet = edit.title.starts_with("Quiet page");
                    assert!(is_quiet || may_be_first(parent), "{edit:?}");
                    let is_here = self.edits.contains_key(&(edit.wiki.clone(), parent));
                    assert!(!is_here, "{edit:?}");
                }
            }
        }
        for (wiki, oldest, newest, by) in &self.ranges {
            for reverted in [oldest, newest] {
                let page = |rev: i64| &self.edits[&(wiki.clone(), rev)].title;
                assert_eq!(page(*reverted), page(*by));
            }
        }
    }

    /// Every revision that the stream says was reverted, and the strongest that says so.
    pub fn reverts(&self) -> HashMap<Key, RevertEvidence> {
        let mut found: HashMap<Key, RevertEvidence> = HashMap::new();
        let mut by_page: HashMap<(&str, &str), Vec<&Edit>> = HashMap::new();
        for key in &self.order {
            let edit = &self.edits[key];
            let before = by_page.entry((&edit.wiki, &edit.title)).or_default();
            if let Some(user) = linked_user(&edit.comment) {
                // Names may have digits of their own.
                let numbers = numbers(&edit.comment.replace(user, ""));
                let named = before
                    .iter()
                    .find(|old| old.user == user && numbers.contains(&old.rev_id));
                let is_dangling = numbers.iter().any(|n| *n > 10_000_000);
                match named {
                    Some(old) => {
                        found
                            .entry((old.wiki.clone(), old.rev_id))
                            .or_insert(RevertEvidence::Undo);
                    }
                    None if is_dangling => {}
                    None => {
                        for old in before.iter().rev().take_while(|old| old.user == user) {
                            let key = (old.wiki.clone(), old.rev_id);
                            found.entry(key).or_insert(RevertEvidence::Rollback);
                        }
                    }
                }
            }
            before.push(edit);
        }
        for key in &self.tagged {
            found.insert(key.clone(), RevertEvidence::Tag);
        }
        for (wiki, oldest, newest, _) in &self.ranges {
            for rev_id in *oldest..=*newest {
                if self.edits.contains_key(&(wiki.clone(), rev_id)) {
                    found.insert((wiki.clone(), rev_id), RevertEvidence::PageChange);
                }
            }
        }
        found
    }
}

/// The user whose contributions a summary links to.
fn linked_user(comment: &str) -> Option<&str> {
    let (_, after) = comment.split_once("[[Special:Contributions/")?;
    let (name, _) = after.split_once('|')?;
    Some(name)
}

/// The numbers in a summary.
fn numbers(comment: &str) -> Vec<i64> {
    let runs = comment.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}
