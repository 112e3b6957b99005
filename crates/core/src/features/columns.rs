//! The list of features. Their order, names and meanings are defined here and nowhere else.

use super::feature::{Feature, FeatureUnit, ReasonKind};

macro_rules! features {
    ($($group:literal {$( $name:ident : $unit:ident, $reason:ident = $text:literal; )+})+) => {
        /// A feature by its position in the row.
        #[allow(non_camel_case_types, reason = "a column is written as its name in the model")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub(crate) enum Column { $($($name,)+)+ }

        impl Column {
            /// Every column, in the order of the row.
            pub(crate) const ALL: [Self; COUNT] = [$($(Column::$name,)+)+];

            /// The kind of reason that the feature belongs to, if its value is not missing.
            pub(crate) const fn reason(self) -> ReasonKind {
                match self { $($(Column::$name => ReasonKind::$reason,)+)+ }
            }
        }

        /// Every feature, in the order of the row.
        pub const FEATURES: [Feature; COUNT] = [$($(Feature {
            name: stringify!($name),
            group: $group,
            description: $text,
            unit: FeatureUnit::$unit,
        },)+)+];

        /// Number of features, the width of a row.
        pub const COUNT: usize = [$($(Column::$name,)+)+].len();
    };
}

/// The names of the features, in the order of the row.
pub const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut at = 0;
    while at < COUNT {
        names[at] = FEATURES[at].name;
        at += 1;
    }
    names
};

features! {
    // The kind of user and the shape of the name.
    "user" {
        user_is_anonymous: Flag, UserKind = "An IP address or a temporary account.";
        user_is_temporary: Flag, UserKind = "A temporary account (`~2026-…`).";
        user_is_ipv6: Flag, UserKind = "An IPv6 address.";
        user_is_bot: Flag, UserKind = "Flagged as a bot by the wiki.";
        user_is_hidden: Flag, UserKind = "The name was hidden.";
        user_ipv4_first_octet: Code, Address = "First byte of an IPv4 address, which tells the region; missing for others.";
        user_ipv4_second_octet: Code, Address = "Second byte of an IPv4 address; missing for others.";
        user_name_length: Characters, UserName = "Length of a registered name; this and all `user_name_*` are missing for anonymous users.";
        user_name_words: Count, UserName = "Words in the name.";
        user_name_digit_share: Share, UserName = "Digits among its characters.";
        user_name_trailing_digits: Count, UserName = "Digits at its end.";
        user_name_upper_share: Share, UserName = "Capitals among its letters.";
        user_name_nonlatin_share: Share, UserName = "Letters of other scripts than Latin among its letters.";
        user_name_mark_share: Share, UserName = "Punctuation and symbols among its characters.";
        user_name_vowel_share: Share, UserName = "The vowels a, e, i, o, u, y among its letters.";
        user_name_consonant_run: Characters, UserName = "Longest run of Latin consonants, long in keyboard mash.";
        user_name_repeat_run: Characters, UserName = "Longest run of one character.";
        user_name_humps: Count, UserName = "Capitals right after a small letter, as in `JohnSmith`.";
        user_name_lower_words: Count, UserName = "Words that begin with a small letter.";
        user_name_has_year: Flag, UserName = "Holds a year from 1900 to 2099.";
        user_name_has_bot: Flag, UserName = "A word of it ends in `bot`.";
        user_name_is_vulgar: Flag, UserName = "A word of it is in the list of vulgar words.";
        user_title_overlap: Share, SharedWords = "Words of the name (five letters or more) that are in the page's title; missing if it has none.";
    }
    // Age, edits and groups of the account, where the stream carries them.
    "account" {
        account_edits: Log2, Account = "Edits the user had made before; missing in recentchange.";
        account_age_hours: Log2, Account = "Hours since the account was registered; missing in recentchange.";
        account_groups: Count, Groups = "Groups that somebody put the user in, not those the software gives by itself (`*` and what follows); missing in recentchange.";
        account_is_trusted: Flag, Groups = "In such a group that a community gives to users it trusts, e.g. `sysop`, `patroller`, `editor`; missing in recentchange.";
    }
    "comment" {
        comment_is_empty: Flag, Summary = "Nothing was typed and no section edited; this and all `comment_*` are missing if the summary was hidden.";
        comment_is_wikibase: Flag, Summary = "Written by Wikibase (`/* wb… */`).";
        comment_has_section: Flag, Summary = "Names a section.";
        comment_is_section_only: Flag, Summary = "Names a section and nothing else.";
        comment_is_automatic: Flag, Summary = "Written by the software: page blanked, replaced, created, redirected.";
        comment_names_user: Flag, SummaryLinks = "Links to a user, as reverts do.";
        comment_length: Characters, Summary = "Whole length.";
        comment_text_length: Characters, Summary = "Length of the text after the section.";
        comment_words: Count, Summary = "Words of the text.";
        comment_longest_word: Characters, Summary = "Its longest word; this and the shape below are missing without text.";
        comment_upper_share: Share, Summary = "Capitals among its letters.";
        comment_digit_share: Share, Summary = "Digits among its characters.";
        comment_mark_share: Share, Summary = "Punctuation and symbols among its characters.";
        comment_nonlatin_share: Share, Summary = "Letters of other scripts than Latin among its letters.";
        comment_vowel_share: Share, Summary = "The vowels a, e, i, o, u, y among its letters.";
        comment_exclamations: Count, Summary = "Exclamation marks.";
        comment_questions: Count, Summary = "Question marks.";
        comment_repeat_run: Characters, Summary = "Longest run of one character.";
        comment_consonant_run: Characters, Summary = "Longest run of Latin consonants.";
        comment_years: Count, Summary = "Numbers of four digits from 1000 to 2099.";
        comment_starts_upper: Flag, Summary = "Begins with a capital.";
        comment_starts_with_mark: Flag, Summary = "Begins with `+`, `-`, `→`, `(` or the like.";
        comment_ends_sentence: Flag, Summary = "Ends in a full stop, exclamation or question mark.";
        comment_links: Count, SummaryLinks = "Wiki links.";
        comment_templates: Count, SummaryLinks = "Template braces.";
        comment_has_url: Flag, SummaryLinks = "Holds a web address.";
        comment_has_project_link: Flag, SummaryLinks = "Links to a project page, e.g. `[[WP:NPOV]]`.";
        comment_has_hashtag: Flag, SummaryLinks = "Holds a tool's tag, e.g. `#quickstatements`.";
        comment_has_quote: Flag, Summary = "Holds a quotation mark.";
        comment_vulgar_words: Count, SummaryWords = "Words in the list of vulgar words, of about 20 languages; so are the lists below.";
        comment_chat_words: Count, SummaryWords = "Words of chat: lol, hi, cool, me, test.";
        comment_typo_words: Count, SummaryWords = "Words of copy-editing: typo, spelling, fix.";
        comment_source_words: Count, SummaryWords = "Words of sourcing: ref, cite, source.";
        comment_format_words: Count, SummaryWords = "Words of formatting: link, category, template.";
        comment_revert_words: Count, SummaryWords = "Words of reverting: undo, rv, rollback, vandalism.";
        comment_remove_words: Count, SummaryWords = "Words of removing: rm, delete, spam.";
        comment_add_words: Count, SummaryWords = "Words of adding: add, new, expand.";
        comment_update_words: Count, SummaryWords = "Words of updating: update, results, stats.";
        comment_reason_words: Count, SummaryWords = "Words of arguing: not, is, because, policy.";
        comment_tool_words: Count, SummaryWords = "Names of editing tools: AWB, HotCat, Twinkle.";
        comment_title_overlap: Count, SharedWords = "Words of the title (five letters or more) that occur in the text.";
        comment_user_overlap: Count, SharedWords = "Words of the user name (five letters or more) that occur in the text.";
    }
    // The section named in the summary.
    "section" {
        section_length: Characters, Section = "Length of the section's name; this and all `section_*` are missing without a section.";
        section_words: Count, Section = "Words of the name.";
        section_years: Count, Section = "Years in it.";
        section_apparatus_words: Count, Section = "Words of references, links, see also.";
        section_life_words: Count, Section = "Words of biographies: early life, career.";
        section_past_words: Count, Section = "Words of overviews: history, geography, culture.";
        section_story_words: Count, Section = "Words of works: plot, cast, track listing.";
        section_famous_words: Count, Section = "Words of lists that invite additions: notable alumni, popular culture.";
    }
    "title" {
        title_length: Characters, TitleShape = "Length without the namespace.";
        title_words: Count, TitleShape = "Words.";
        title_longest_word: Characters, TitleShape = "Its longest word.";
        title_lower_words: Count, TitleShape = "Words that begin with a small letter, as in names of common things.";
        title_years: Count, TitleShape = "Numbers of four digits from 1000 to 2099.";
        title_digit_share: Share, TitleShape = "Digits among its characters.";
        title_upper_share: Share, TitleShape = "Capitals among its letters.";
        title_nonlatin_share: Share, TitleShape = "Letters of other scripts than Latin among its letters.";
        title_mark_share: Share, TitleShape = "Punctuation and symbols among its characters.";
        title_has_brackets: Flag, TitleShape = "Ends in a bracketed qualifier.";
        title_has_comma: Flag, TitleShape = "Holds a comma, as places and peers do.";
        title_has_hyphen: Flag, TitleShape = "Holds a hyphen or dash.";
        title_is_subpage: Flag, TitleShape = "Holds a slash.";
        title_school_words: Count, TitleWords = "Words of schools; the lists are of about 20 languages.";
        title_screen_words: Count, TitleWords = "Words of film and television.";
        title_music_words: Count, TitleWords = "Words of music.";
        title_place_words: Count, TitleWords = "Words of places.";
        title_sport_words: Count, TitleWords = "Words of sport.";
        title_person_words: Count, TitleWords = "Given names, ranks and occupations.";
        title_war_words: Count, TitleWords = "Words of history: war, empire, ancient.";
        title_game_words: Count, TitleWords = "Words of games and computers.";
        title_nature_words: Count, TitleWords = "Words of animals, bodies and school science.";
        title_list_words: Count, TitleWords = "Words for a list.";
        title_vulgar_words: Count, TitleWords = "Words in the list of vulgar words.";
    }
    // Summary, title and user name together.
    "text" {
        text_risk: LogOdds, Wording = "What the n-grams of two to five characters in summary, title and user name say about damage, by a linear model; missing if nothing is known of any.";
    }
    // The page, its history and its wiki.
    "page" {
        page_is_new: Flag, PageKind = "The edit creates the page.";
        page_namespace: Code, PageKind = "Namespace number, from -2 to 100; 0 holds the articles.";
        page_is_talk: Flag, PageKind = "A talk page.";
        page_idle_revisions: Log2, PageHistory = "Edits made on the whole wiki since the page's last one; missing for new pages.";
        page_idle_share: Share, PageHistory = "The same as a part of all edits of the wiki, which compares across wikis.";
        page_revisions: Log2, PageHistory = "Revisions of the page; missing in recentchange.";
        wiki_kind: Code, Wiki = "0 Wikipedia, 1 Wikidata, 2 Commons, 3 Wiktionary, 4 other sister projects, 5 shared wikis, 6 others.";
        wiki_is_english: Flag, Wiki = "A wiki in English.";
        wiki_bucket: Code, Wiki = "The wiki's name, hashed (FNV-1a) into 64 buckets.";
    }
    // Bytes before and after.
    "size" {
        size_new: Log2, Size = "Bytes of the page after the edit.";
        size_old: Log2, Size = "Bytes before; missing for new pages.";
        size_delta: Log2, Size = "Change in bytes, with its sign.";
        size_delta_magnitude: Log2, Size = "Change in bytes, without its sign.";
        size_removed_share: Share, Size = "Bytes lost, as a part of the old size; missing for new and empty pages.";
        size_is_blanked: Flag, Size = "Nothing is left of a page that held something.";
    }
    // How and when the edit was made.
    "context" {
        edit_is_minor: Flag, Minor = "Marked minor by its author.";
        edit_is_patrolled: Flag, Patrolled = "Patrolled on arrival, as edits of trusted users are.";
        time_hour: Code, Time = "Hour of the day, UTC.";
        time_weekday: Code, Time = "Day of the week in UTC; Monday is 0.";
        time_is_weekend: Flag, Time = "Saturday or Sunday in UTC.";
    }
}
