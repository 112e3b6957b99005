package org.wikisentry.connect.eventstreams.it;

import java.util.HashMap;
import java.util.Map;

/** Runs one of the programs; exits with 1 if what must hold does not. */
public final class Main {
    private Main() {}

    /** {@code exactly-once} or {@code throughput}, then {@code --option value} pairs. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int at = 1; at + 1 < arguments.length; at += 2) {
            options.put(arguments[at].replaceFirst("^--", ""), arguments[at + 1]);
        }
        String program = arguments.length % 2 == 1 ? arguments[0] : "";
        try {
            switch (program) {
                case "exactly-once" -> new ExactlyOnce(options).run();
                case "throughput" -> new Throughput(options).run();
                default -> {
                    System.err.println("usage: run exactly-once|throughput [--option value]...");
                    System.exit(2);
                }
            }
        } catch (Failure failure) {
            System.err.println("FAILED: " + failure.getMessage());
            System.exit(1);
        }
        // Threads of clients must not hold the result back.
        System.exit(0);
    }

    /** What must hold does not. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String what) {
            super(what);
        }
    }
}
