//! Who may do what with Kafka: clients without a user read, from this machine alone; each
//! container has its user and no more than its rights; a volume from before there were users goes on.

use crate::fixture::{Fixture, docker};
use std::process::Output;

/// Who asks a broker, from where.
struct Client<'a> {
    layer: &'a Fixture,
    /// Of the container that asks: `host` or the data layer's own.
    network: String,
    environment: Vec<String>,
}

impl<'a> Client<'a> {
    /// On this machine, by the published port, without a user.
    fn on_this_machine(layer: &'a Fixture) -> Self {
        Self {
            layer,
            network: "host".to_owned(),
            environment: vec![format!(
                "KAFKA_BOOTSTRAP={}",
                layer.published("KAFKA__PORT")
            )],
        }
    }

    /// Another container in the data layer's network.
    fn in_the_network(layer: &'a Fixture) -> Self {
        Self {
            layer,
            network: format!("{}_wikisentry", layer.project),
            environment: Vec::new(),
        }
    }

    fn with(mut self, user: &str, password: &str) -> Self {
        self.environment.push(format!("KAFKA_USER={user}"));
        self.environment.push(format!("KAFKA_PASSWORD={password}"));
        self
    }

    /// Runs a shell's line with Kafka's own tools at hand.
    fn run(&self, line: &str) -> Output {
        let broker = self.layer.container("kafka");
        let image = docker(&["inspect", "--format", "{{.Config.Image}}", &broker]);
        let image = String::from_utf8_lossy(&image.stdout).trim().to_owned();
        let mut arguments = vec!["run", "--rm", "--network", &self.network];
        for one in &self.environment {
            arguments.extend(["--env", one]);
        }
        arguments.extend(["--entrypoint", "bash", &image, "-c", line]);
        docker(&arguments)
    }

    fn may(&self, line: &str) -> String {
        let output = self.run(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// It is refused, and for this reason.
    fn may_not(&self, line: &str, why: &str) {
        // A producer only says so.
        let Output { stdout, stderr, .. } = self.run(line);
        let said = [stdout, stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(why), "{line}: {said}");
    }
}

const WRITE: &str = "echo forged | kafka produce --topic edits.registered \
                     --command-property enable.idempotence=false";

/// Records in a topic, and the names of all topics, as its administrator sees them.
fn facts(layer: &Fixture) -> (String, String) {
    let ask = |arguments: &[&str]| {
        let kafka = layer.container("kafka");
        let done = docker(&[&["exec", &kafka, "kafka"][..], arguments].concat());
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    (
        ask(&["offsets", "--topic", "edits.registered"]),
        ask(&["topics", "--list"]),
    )
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn each_does_with_kafka_what_it_may_and_nothing_else() {
    let mut layer = Fixture::new("kafka-users", 92);
    layer.serve(&["--rate", "max"]);
    layer.up();
    layer.wait_for(crate::life::SAMPLE_EDITS);
    let before = facts(&layer);

    whoever_is_on_this_machine_reads(&layer);
    a_container_without_a_password_gets_nothing(&layer);
    a_user_has_its_rights_and_no_more(&layer);
    assert_eq!(facts(&layer), before);
    a_volume_without_users_goes_on(&layer);
}

fn whoever_is_on_this_machine_reads(layer: &Fixture) {
    let anybody = Client::on_this_machine(layer);
    assert!(
        anybody
            .may("kafka topics --list")
            .contains("edits.classified")
    );
    for reader in ["", " --group notebook"] {
        let read = format!(
            "kafka consume --topic edits.registered --from-beginning --max-messages 1{reader}"
        );
        assert!(anybody.may(&read).contains("\"wiki\""), "{read}");
    }
    anybody.may_not(WRITE, "TopicAuthorizationException");
    anybody.may_not(
        "kafka topics --create --topic mine --partitions 1",
        "Authorization failed",
    );
    anybody.may_not(
        "kafka topics --delete --topic alerts",
        "authorization failed",
    );
    anybody.may_not(
        "kafka configs --alter --entity-type topics --entity-name alerts --add-config retention.ms=1",
        "authorization failed",
    );
    // Nor does it take the place of a member of a group that works.
    anybody.may_not(
        "kafka consume --topic edits.registered --group flink --max-messages 1",
        "GroupAuthorizationException",
    );
    anybody.may_not("kafka acls --list", "ClusterAuthorizationException");
}

/// A shell's lines that ask for the metadata of all topics, without a word about the user. The answer
/// is taken as it comes; the broker ends the connection only if it refuses.
fn metadata(address: &str) -> String {
    format!(
        "exec 3<> /dev/tcp/{address}
         printf '\\0\\0\\0\\016\\0\\003\\0\\001\\0\\0\\0\\007\\377\\377\\377\\377\\377\\377' >&3
         size=$(timeout 60 head -c 4 <&3 | od -An -tu1) && read -r _ _ high low <<< \"$size\"
         timeout 60 head -c $((high * 256 + low)) <&3"
    )
}

fn a_container_without_a_password_gets_nothing(layer: &Fixture) {
    let stranger = Client::in_the_network(layer);
    // It hangs up on who does not say who it is. The listener that is published for this machine
    // names itself to a container, and no topic.
    let seen = String::from_utf8_lossy(&stranger.run(&metadata("kafka/9092")).stdout).into_owned();
    assert_eq!(seen, "");
    let seen = String::from_utf8_lossy(&stranger.run(&metadata("kafka/9094")).stdout).into_owned();
    assert!(
        seen.contains("127.0.0.1") && !seen.contains("edits"),
        "{seen:?}"
    );
    let here = layer.published("KAFKA__PORT").replace(':', "/");
    let seen = Client::on_this_machine(layer).run(&metadata(&here)).stdout;
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.contains("edits.registered"), "{seen:?}");
    for (user, password) in [("wikisentry", "wrong-one"), ("broker", "wrong-one")] {
        let guess = Client::in_the_network(layer).with(user, password);
        guess.may_not("kafka topics --list", "SaslAuthenticationException");
    }
    for port in [9093, 9096] {
        let opens = format!("exec 3<> /dev/tcp/kafka/{port}");
        assert!(!stranger.run(&opens).status.success(), "{port}");
    }
}

fn a_user_has_its_rights_and_no_more(layer: &Fixture) {
    let accounts = layer.accounts("kafka");
    let as_user = |name: &str| {
        let mut accounts = accounts.iter();
        let found = accounts.find(|(user, _)| user == name).expect("the user");
        Client::in_the_network(layer).with(&found.0, &found.1)
    };
    let spark = as_user("spark");
    let read =
        "kafka consume --topic edits.registered --from-beginning --max-messages 1 --group spark-1";
    assert!(spark.may(read).contains("\"wiki\""));
    spark.may_not(WRITE, "TopicAuthorizationException");
    spark.may_not(
        "kafka topics --delete --topic edits.registered",
        "authorization failed",
    );
    let forged = WRITE.replace("edits.registered", "edits.classified");
    as_user("connect").may_not(&forged, "TopicAuthorizationException");
    as_user("flink").may_not(WRITE, "TopicAuthorizationException");
    as_user("serving").may_not(
        "kafka topics --delete --topic alerts",
        "authorization failed",
    );
    as_user("wikisentry").may("kafka acls --list");
    // By the password of another nobody is let in.
    let (_, password) = &accounts[1];
    let other = Client::in_the_network(layer).with("spark", password);
    other.may_not("kafka topics --list", "SaslAuthenticationException");
}

/// Such a volume has neither users nor rights; and the passwords are new.
fn a_volume_without_users_goes_on(layer: &Fixture) {
    let edits = layer.edits();
    let topics = "edits.registered edits.anonymous edits.bot edits.classified revision.tags alerts \
                  deadletter connect-offsets";
    let groups = "wikisentry-connect connect flink spark serving";
    let ids = "connect-cluster-wikisentry-connect wikisentry-connect-0 flink";
    let named = |option: &str, names: &str| {
        let names = names
            .split_whitespace()
            .map(|name| format!(" --{option} {name}"));
        names.collect::<String>()
    };
    let forget = format!(
        "kafka acls --remove --force --resource-pattern-type match {}{}{} > /dev/null
         kafka acls --list
         for user in connect flink spark serving wikisentry; do
           kafka configs --alter --entity-type users --entity-name $user \
             --delete-config SCRAM-SHA-512 > /dev/null
         done",
        named("topic", topics),
        named("group", groups),
        named("transactional-id", ids),
    );
    let done = docker(&["exec", &layer.container("kafka"), "bash", "-ec", &forget]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "", "rights");
    layer.ok(&["down"]);
    std::fs::remove_file(layer.state().join("data-layer/credentials.json")).expect("removed");
    layer.ok(&["up", "--until", "data-layer", "--timeout", "0"]);
    assert_eq!(layer.edits(), edits);
    a_user_has_its_rights_and_no_more(layer);
}
