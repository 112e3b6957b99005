package org.wikisentry.flink;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.apache.flink.metrics.MetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The champion of a registry: a thread looks every two seconds whether the alias was written again, loads and checks what it
 * names, and lays it ready; the task takes it between two edits. A version that is refused is reported, and what scored
 * before goes on. Where there is no alias the model inside the core scores.
 */
final class ModelFollower implements AutoCloseable {
    static final Duration EVERY = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(ModelFollower.class);
    private static final long PATIENCE_MS = 10_000;

    private final Registry registry;
    private final Thread thread;
    private final long everyMillis;
    /** Bytes of the alias that was judged last; {@code null}: there was none. */
    private byte[] alias;
    /** Owned by the task. */
    private long model;
    /** Loaded and not yet taken; 0: nothing. Guarded by this. */
    private long ready;
    /** Cheap to look at for each edit. */
    private volatile boolean isReady;
    private volatile String version;
    private volatile int refused;
    /** What is wrong with the alias that was judged last; empty: nothing. */
    private String refusal = "";
    /** What is wrong now; empty: nothing. */
    private volatile String problem = "";
    private volatile boolean closed;

    private ModelFollower(Registry registry, Duration every) {
        this.registry = registry;
        this.everyMillis = every.toMillis();
        this.thread = new Thread(this::follow, "champion");
        thread.setDaemon(true);
    }

    /**
     * Loads the champion and follows it.
     *
     * @throws IOException if the alias or the version cannot be read now: where that is so, checkpoints cannot be written
     *     either
     */
    static ModelFollower start(String folder, Duration every) throws IOException {
        ModelFollower follower = new ModelFollower(new Registry(folder), every);
        byte[] alias = follower.registry.alias();
        long model = follower.judge(alias);
        follower.alias = alias;
        follower.model = model == 0 ? Native.bootstrapModel() : model;
        follower.version = Native.modelVersion(follower.model);
        LOG.info("scoring with {}", follower.version);
        follower.thread.start();
        return follower;
    }

    /** The model to score with: the same until {@link #swapped}, which the same thread calls. */
    long model() {
        return model;
    }

    /** Takes a newer model if one is ready, and says whether it did. */
    boolean swapped() {
        if (!isReady) {
            return false;
        }
        long before = model;
        synchronized (this) {
            isReady = false;
            model = ready;
            ready = 0;
        }
        version = Native.modelVersion(model);
        Native.freeModel(before);
        LOG.info("scoring with {} now", version);
        return true;
    }

    /** Name and version of the model in use. */
    String version() {
        return version;
    }

    /** The version that was refused, 0 if none is. */
    int refused() {
        return refused;
    }

    /** Why the champion that is named is not in use, or not known; empty if it is. */
    String problem() {
        return problem;
    }

    /** Numbers for Prometheus, and texts for Flink's REST interface. */
    void register(MetricGroup metrics) {
        metrics.gauge("modelVersion", () -> number(version));
        metrics.gauge("model", this::version);
        metrics.gauge("refusedModelVersion", this::refused);
        metrics.gauge("modelProblem", this::problem);
        metrics.gauge("modelProblems", () -> problem.isEmpty() ? 0 : 1);
    }

    /** {@code edit-risk/7} is 7. */
    private static int number(String version) {
        return Integer.parseInt(version.substring(version.lastIndexOf('/') + 1));
    }

    private void follow() {
        while (!closed) {
            try {
                Thread.sleep(everyMillis);
                look();
            } catch (InterruptedException stop) {
                return;
            } catch (IOException failure) {
                if (!closed) {
                    report("the registry cannot be read: " + failure);
                }
            } catch (RuntimeException failure) {
                report("the registry cannot be read: " + failure);
            }
        }
    }

    private void look() throws IOException {
        byte[] now = registry.alias();
        if (Arrays.equals(now, alias)) {
            problem = refusal;
            return;
        }
        long loaded = judge(now);
        alias = now;
        if (loaded != 0) {
            lay(loaded);
        }
    }

    /** Loads what an alias names; 0 if there is nothing to load, or it was refused and reported. */
    private long judge(byte[] named) throws IOException {
        long loaded = 0;
        int number = 0;
        String wrong = "";
        try {
            if (named != null) {
                loaded = registry.load(Alias.version(named));
            }
        } catch (RefusedModelException refusing) {
            number = refusing.version();
            wrong = (number == 0 ? "" : "version " + number + " is refused: ") + refusing.getMessage();
        }
        refused = number;
        refusal = wrong;
        report(wrong);
        return loaded;
    }

    private void report(String text) {
        if (!text.isEmpty() && !text.equals(problem)) {
            LOG.error("{}; {} goes on scoring", text, version == null ? "the model inside the core" : version);
        }
        problem = text;
    }

    private void lay(long loaded) {
        long untaken;
        synchronized (this) {
            untaken = ready;
            ready = loaded;
            isReady = true;
        }
        if (untaken != 0) {
            Native.freeModel(untaken);
        }
        if (closed) {
            discard();
        }
    }

    private synchronized void discard() {
        if (ready != 0) {
            Native.freeModel(ready);
            ready = 0;
            isReady = false;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        try {
            thread.join(PATIENCE_MS);
        } catch (InterruptedException cancelled) {
            interrupted = true;
        }
        discard();
        Native.freeModel(model);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
