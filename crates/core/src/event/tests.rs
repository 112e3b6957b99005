use super::*;
use crate::user::UserType;

fn edit(json: &str) -> Edit<'_> {
    match Event::parse(json.as_bytes()).expect(json).body {
        Body::Edit(edit) => *edit,
        other => panic!("no edit: {other:?}"),
    }
}

#[test]
fn reads_recentchange_of_2018_without_schema() {
    let edit = edit(
        r#"{"patrolled": true, "meta": {"offset": 759089343, "partition": 0,
        "topic": "eqiad.mediawiki.recentchange", "id": "dd8c5690-2222-11e8-a2ad-1418776134f3",
        "dt": "2018-03-07T16:16:17+00:00", "schema_uri": "mediawiki/recentchange/1",
        "domain": "www.wikidata.org"}, "revision": {"new": 645091312, "old": 645091281},
        "length": {"new": 1438, "old": 1007}, "comment": "/* wbcreateclaim-create:1| */",
        "minor": false, "timestamp": 1520439377, "namespace": 0, "user": "MisterSynergy",
        "title": "Q3855005", "bot": false, "type": "edit", "wiki": "wikidatawiki"}"#,
    );
    assert_eq!(edit.user_type, UserType::Registered);
    assert_eq!(edit.length_delta(), Some(431));
    assert_eq!(edit.key(), "wikidatawiki:Q3855005");
    assert_eq!(edit.event_time.to_string(), "2018-03-07T16:16:17.000Z");
    assert_eq!(edit.source_offset, Some(759_089_343));
}
