//! The pages of the simulated wikis and their histories: who made which revision on which other.

use rand::{Rng, RngExt};
use rustc_hash::FxHashMap;

use super::cast::Draft;

/// New revisions of a wiki between two that the simulation shows, at most.
const UNSEEN: i64 = 40;
/// Far above the published ones, which reached 10^9.
const FIRST_PAGE_ID: i64 = 1 << 40;

#[derive(Debug)]
pub(super) struct Page {
    wiki: usize,
    pub title: String,
    pub page_id: i64,
    /// Its latest revision, seen or not; `None` for a page that does not exist yet.
    latest: Option<i64>,
    /// Edits made so far, oldest first.
    pub edits: Vec<usize>,
    /// Labelled edits in all, made or to come.
    pub drafts: usize,
}

/// An edit that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub page: usize,
    pub rev_id: i64,
    pub parent: Option<i64>,
    pub user: String,
    pub is_bot: bool,
    pub time_ms: i64,
}

#[derive(Debug)]
struct Wiki {
    name: String,
    /// The latest revision, seen or not.
    latest: i64,
}

/// All pages, and all edits in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Pages {
    wikis: Vec<Wiki>,
    pages: Vec<Page>,
    made: Vec<Made>,
}

impl Pages {
    /// The pages as they are before the first edit, and the page of each draft. Drafts come in the
    /// order of time.
    pub fn of(drafts: &[Draft]) -> (Self, Vec<usize>) {
        let mut all = Self::default();
        let mut numbers: FxHashMap<(usize, &str), usize> = FxHashMap::default();
        let page_of = drafts
            .iter()
            .map(|draft| {
                let wiki = all.wiki_number(&draft.wiki);
                let published = draft.published_rev_id.max(draft.old_rev_id.unwrap_or(0));
                let latest = &mut all.wikis[wiki].latest;
                *latest = published.max(*latest);
                let next = all.pages.len();
                let number = *numbers.entry((wiki, &draft.title)).or_insert(next);
                if number == next {
                    all.pages.push(Page {
                        wiki,
                        title: draft.title.clone(),
                        page_id: draft.page_id.unwrap_or(FIRST_PAGE_ID + next as i64),
                        latest: draft.old_rev_id,
                        edits: Vec::new(),
                        drafts: 0,
                    });
                }
                all.pages[number].drafts += 1;
                number
            })
            .collect();
        (all, page_of)
    }

    fn wiki_number(&mut self, name: &str) -> usize {
        let known = self.wikis.iter().position(|wiki| wiki.name == name);
        known.unwrap_or_else(|| {
            self.wikis.push(Wiki {
                name: name.to_owned(),
                latest: 0,
            });
            self.wikis.len() - 1
        })
    }

    /// A page that no labelled edit is on, and that has existed for long.
    pub fn invent(&mut self, wiki: &str) -> usize {
        let wiki = self.wiki_number(wiki);
        let number = self.pages.len();
        let latest = &mut self.wikis[wiki].latest;
        *latest += 1;
        self.pages.push(Page {
            wiki,
            title: format!("Quiet page {number}"),
            page_id: FIRST_PAGE_ID + number as i64,
            latest: Some(*latest),
            edits: Vec::new(),
            drafts: 0,
        });
        number
    }

    /// Makes an edit on a page; its parent is the page's latest revision.
    pub fn make(
        &mut self,
        page: usize,
        user: &str,
        is_bot: bool,
        time_ms: i64,
        dice: &mut impl Rng,
    ) -> usize {
        let wiki = &mut self.wikis[self.pages[page].wiki];
        wiki.latest += dice.random_range(1..=UNSEEN);
        let rev_id = wiki.latest;
        let edit = self.made.len();
        let history = &mut self.pages[page];
        history.edits.push(edit);
        self.made.push(Made {
            page,
            rev_id,
            parent: history.latest.replace(rev_id),
            user: user.to_owned(),
            is_bot,
            time_ms,
        });
        edit
    }

    pub fn page(&self, number: usize) -> &Page {
        &self.pages[number]
    }

    pub fn made(&self, edit: usize) -> &Made {
        &self.made[edit]
    }

    /// Database name of a page's wiki.
    pub fn wiki(&self, page: usize) -> &str {
        &self.wikis[self.pages[page].wiki].name
    }

    /// Who edited the page last, as far as the simulation shows.
    pub fn last_user(&self, page: usize) -> Option<&str> {
        let last = self.pages[page].edits.last()?;
        Some(&self.made[*last].user)
    }

    /// Whether no edit of the page came after this one.
    pub fn is_latest(&self, edit: usize) -> bool {
        self.pages[self.made[edit].page].edits.last() == Some(&edit)
    }

    /// The latest uninterrupted edits of one user on the page, and the edit before them.
    pub fn latest_run(&self, page: usize) -> (Vec<usize>, Option<usize>) {
        let edits = &self.pages[page].edits;
        let user = self.last_user(page);
        let length = edits
            .iter()
            .rev()
            .take_while(|edit| Some(self.made[**edit].user.as_str()) == user)
            .count();
        let (before, run) = edits.split_at(edits.len() - length);
        (run.to_vec(), before.last().copied())
    }
}
