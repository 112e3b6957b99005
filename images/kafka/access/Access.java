import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Brings a broker's users and their rights to what a file says, once: passwords from the
 * environment (see images/kafka/start), rights from the file. Of the users that the file names
 * nothing else is left; other users are left alone.
 */
final class Access {
    private static final int ITERATIONS = 8192;

    private Access() {}

    /** Arguments: the file of rights, the file of the client's settings. */
    public static void main(String[] arguments) throws Exception {
        Set<AclBinding> wanted = rights(Files.readAllLines(Path.of(arguments[0])));
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(arguments[1]))) {
            settings.load(reader);
        }
        try (Admin admin = Admin.create(settings)) {
            setPasswords(admin, users(wanted));
            setRights(admin, wanted);
        }
    }

    private static Set<String> users(Set<AclBinding> rights) {
        Set<String> users = new LinkedHashSet<>();
        rights.forEach(right -> users.add(right.entry().principal().substring("User:".length())));
        users.remove("ANONYMOUS");
        return users;
    }

    private static void setPasswords(Admin admin, Set<String> users) throws Exception {
        List<UserScramCredentialAlteration> changes = new ArrayList<>();
        ScramCredentialInfo kind = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS);
        changes.add(new UserScramCredentialUpsertion(variable("KAFKA_USER", "wikisentry"), kind, variable("KAFKA_PASSWORD", "")));
        Set<String> known = admin.describeUserScramCredentials().all().get().keySet();
        for (String user : users) {
            String password = variable("KAFKA_" + user.toUpperCase(Locale.ROOT) + "_PASSWORD", "");
            if (!password.isEmpty()) {
                changes.add(new UserScramCredentialUpsertion(user, kind, password));
            } else if (known.contains(user)) {
                changes.add(new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512));
            }
        }
        admin.alterUserScramCredentials(changes).all().get();
    }

    private static void setRights(Admin admin, Set<AclBinding> wanted) throws Exception {
        Set<String> principals = new LinkedHashSet<>();
        wanted.forEach(right -> principals.add(right.entry().principal()));
        principals.add("User:ANONYMOUS");
        List<AclBindingFilter> unwanted = new ArrayList<>();
        for (AclBinding right : admin.describeAcls(AclBindingFilter.ANY).values().get()) {
            if (principals.contains(right.entry().principal()) && !wanted.contains(right)) {
                unwanted.add(right.toFilter());
            }
        }
        admin.createAcls(wanted).all().get();
        admin.deleteAcls(unwanted).all().get();
    }

    private static Set<AclBinding> rights(List<String> lines) throws IOException {
        String anonymousHost = variable("KAFKA_READERS_FROM", "");
        String prefix = variable("KAFKA_TOPIC_PREFIX", "");
        Set<AclBinding> rights = new LinkedHashSet<>();
        for (String line : lines) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.trim().split("\\s+");
            if (words.length != 4) {
                throw new IOException("not four words: " + line);
            }
            boolean isAnonymous = words[0].equals("ANONYMOUS");
            if (isAnonymous && anonymousHost.isEmpty()) {
                continue;
            }
            ResourcePattern pattern = pattern(words[2], words[3], prefix);
            for (String operation : words[1].split(",")) {
                boolean isDenied = operation.startsWith("not-");
                rights.add(new AclBinding(pattern, new AccessControlEntry(
                        "User:" + words[0],
                        isAnonymous && !isDenied ? anonymousHost : "*",
                        AclOperation.fromString(constant(operation.replaceFirst("^not-", ""))),
                        isDenied ? AclPermissionType.DENY : AclPermissionType.ALLOW)));
            }
        }
        return rights;
    }

    private static ResourcePattern pattern(String type, String name, String prefix) {
        String full = name.startsWith("%") ? prefix + name.substring(1) : name;
        // Alone, a star is Kafka's own sign for every name.
        boolean isPrefix = full.endsWith("*") && full.length() > 1;
        return new ResourcePattern(
                ResourceType.fromString(constant(type)),
                isPrefix ? full.substring(0, full.length() - 1) : full,
                isPrefix ? PatternType.PREFIXED : PatternType.LITERAL);
    }

    private static String constant(String word) {
        return word.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static String variable(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
