//! Topics are made as asked, figures are the broker's.

use super::scratch::Scratch;
use rdkafka::admin::{AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::BaseProducer;
use rdkafka::{Offset, TopicPartitionList};
use wikisentry_driver::converge::{Change, Verb};
use wikisentry_driver::kafka::KafkaError;

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn topics_are_created_changed_and_kept_and_what_others_set_stays() {
    let mut topic = Scratch::new("ensure", 2);
    let kafka = topic.kafka();
    let wanted = [topic.spec.clone()];
    let name = topic.spec.name.clone();
    let change = |verb, detail: &str| [Change::new(verb, "topic", &name).because(detail)];
    let planned = kafka.diff_topics(&wanted).await.unwrap();
    assert_eq!(planned, change(Verb::Create, "2 partitions"));
    assert!(
        kafka
            .topics(&[wanted[0].name.clone()])
            .await
            .unwrap()
            .is_empty()
    );
    topic.create().await;
    let again = kafka.ensure_topics(&wanted).await.unwrap();
    assert_eq!(again, change(Verb::Keep, ""));
    let partitions = async || {
        let found = kafka.topics(std::slice::from_ref(&name)).await.unwrap();
        found[0].partitions.len()
    };
    assert_eq!(partitions().await, 2);

    // Somebody sets something else by hand.
    let by_hand = AlterConfig::new(ResourceSpecifier::Topic(&topic.spec.name))
        .set("retention.ms", "3600000000")
        .set("retention.bytes", "1073741824")
        .set("cleanup.policy", "delete")
        .set("max.message.bytes", "2000000");
    let set = topic
        .admin()
        .alter_configs([&by_hand], &AdminOptions::new())
        .await;
    set.unwrap()[0].as_ref().unwrap();

    topic
        .spec
        .config
        .insert("retention.ms".into(), "7200000000".into());
    topic.spec.partitions = 5;
    let wanted = [topic.spec.clone()];
    let expected = change(Verb::Change, "to 5 partitions, retention.ms to 7200000000");
    assert_eq!(kafka.diff_topics(&wanted).await.unwrap(), expected);
    assert_eq!(kafka.ensure_topics(&wanted).await.unwrap(), expected);
    topic
        .spec
        .config
        .insert("max.message.bytes".into(), "2000000".into());
    topic.spec.partitions = 3;
    let kept = kafka.ensure_topics(&[topic.spec.clone()]).await.unwrap();
    assert_eq!(kept, change(Verb::Keep, ""));
    assert_eq!(partitions().await, 5);

    topic
        .spec
        .config
        .insert("no.such.setting".into(), "1".into());
    let refused = kafka
        .ensure_topics(&[topic.spec.clone()])
        .await
        .unwrap_err();
    assert!(matches!(refused, KafkaError::Refused { .. }), "{refused}");
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn figures_of_topics_and_groups_are_those_of_the_broker() {
    let topic = Scratch::new("figures", 2);
    topic.create().await;
    let producer: BaseProducer = topic.config().create().unwrap();
    topic.write(&producer, &[(0, 1, "one"), (0, 2, "two"), (1, 3, "three")]);
    let names = [topic.spec.name.clone(), "no-such-topic".to_owned()];
    let status = topic.kafka().topics(&names).await.unwrap();
    assert_eq!(status.len(), 1);
    assert_eq!((status[0].records(), status[0].end()), (3, 3));
    assert!(status[0].partitions.iter().all(|partition| partition.led));
    assert!(status[0].bytes.unwrap() > 100, "{status:?}");

    let group = format!("{}-group", topic.spec.name);
    {
        let consumer: BaseConsumer = topic.config().set("group.id", &group).create().unwrap();
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset(&topic.spec.name, 0, Offset::Offset(1))
            .unwrap();
        consumer
            .commit(&offsets, rdkafka::consumer::CommitMode::Sync)
            .unwrap();
    }
    let lag = topic.kafka().group_lag(&group, &names).await.unwrap();
    assert_eq!(lag, Some(1));
    let groups = topic.kafka().groups().await.unwrap();
    assert!(groups.iter().any(|one| one.name == group), "{groups:?}");
    let deleted = topic.admin();
    deleted
        .delete_groups(&[&group], &AdminOptions::new())
        .await
        .unwrap();
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_password_that_is_not_taken_is_told_from_a_broker_that_is_silent() {
    let topic = Scratch::new("account", 1);
    let error = topic.refused().diff_topics(&[]).await.unwrap_err();
    assert!(matches!(&error, KafkaError::Account { .. }), "{error}");
}
