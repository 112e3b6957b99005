//! An edit's score with the reasons for it: the answer of `wikisentry explain` and `POST /explain`.
//! The reasons are found in [`crate::explain`].

use crate::classified::Classification;
use crate::edit::Edit;
use crate::explain::{ExplainError, Reason, explain};
use crate::link::diff_of;
use crate::model::{Explainer, Scorer};
use crate::scoring::Scoring;
use crate::time::EventTime;
use crate::user::UserType;
use serde::Serialize;

/// A model that scores and tells why.
pub struct Explaining {
    /// Gives the score that the platform gives.
    pub scorer: Scorer,
    /// The same model, for the reasons.
    pub explainer: Explainer,
}

/// What was said of an edit when it came.
#[derive(Debug, Serialize)]
pub struct Then {
    /// Its score; null if it was not scored.
    pub score: Option<f64>,
    pub class: Option<String>,
    pub model_version: Option<String>,
}

/// A score and the reasons for it. Weights are log-odds: `bias`, the reasons and `others` sum to
/// the log-odds of `score`.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// `meta.id` of the event.
    pub meta_id: String,
    /// Database name of the wiki.
    pub wiki: String,
    pub rev_id: Option<i64>,
    /// The page that shows what it changed; null if there is none.
    pub url: Option<String>,
    pub page_title: String,
    /// Who made it; null if that is hidden.
    pub user: Option<String>,
    pub user_type: UserType,
    pub event_time: EventTime,
    /// Calibrated probability of damage.
    pub score: f64,
    /// The model's class of the score.
    pub class: String,
    /// The model that is explained.
    pub model_version: String,
    /// What was said of it when it came, if it is from the archive.
    pub archived: Option<Then>,
    /// The score of an edit of which nothing is known, a probability.
    pub typical_score: f64,
    /// The same in log-odds.
    pub bias: f64,
    /// The strongest reasons first.
    pub reasons: Vec<Reason>,
    /// What all reasons that are not shown add together.
    pub others: f64,
}

impl Explained {
    /// Explains the score of an edit by its `top` strongest reasons. Bots too, which are else not
    /// scored.
    ///
    /// # Errors
    /// If the model has other features than this build.
    pub fn of(
        edit: &Edit<'_>,
        archived: Option<&Classification<'_>>,
        model: &Explaining,
        top: usize,
    ) -> Result<Self, ExplainError> {
        let Explaining { scorer, explainer } = model;
        let found = explain(edit, explainer, scorer, top)?;
        let scored = Scoring::new().score(scorer, std::slice::from_ref(edit), true);
        let scored = scored.into_iter().flatten().next();
        let owned = |text: &str| text.to_owned();
        Ok(Self {
            meta_id: owned(&edit.meta_id),
            wiki: owned(&edit.wiki),
            rev_id: edit.rev_id,
            url: diff_of(edit),
            page_title: owned(&edit.page_title),
            user: edit.user.as_deref().map(owned),
            user_type: edit.user_type,
            event_time: edit.event_time,
            // The score of the pipeline, to the bit; the reasons sum to it but for rounding.
            score: scored.map_or(found.score, |scored| scored.score),
            class: scored.map_or_else(String::new, |scored| scored.class.to_owned()),
            model_version: scorer.version().to_owned(),
            archived: archived.map(|then| Then {
                score: then.score,
                class: then.class.as_deref().map(owned),
                model_version: then.model_version.as_deref().map(owned),
            }),
            typical_score: 1.0 / (1.0 + libm::exp(-found.bias)),
            bias: found.bias,
            reasons: found.reasons,
            others: found.others,
        })
    }
}
