package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ModelFollowerTest {
    private static final Duration EVERY = Duration.ofMillis(20);
    private static final long PATIENCE_MS = 20_000;

    @TempDir
    Path models;

    private Path registry;

    @BeforeEach
    void makeRegistry() throws Exception {
        registry = Files.createDirectory(models.resolve("edit-risk"));
    }

    private ModelFollower start() throws Exception {
        return ModelFollower.start(registry.toUri().toString(), EVERY);
    }

    private static void await(BooleanSupplier happens, String what) throws InterruptedException {
        long end = System.currentTimeMillis() + PATIENCE_MS;
        while (!happens.getAsBoolean()) {
            assertTrue(System.currentTimeMillis() < end, what);
            Thread.sleep(5);
        }
    }

    @Test
    void withoutAnAliasTheModelInsideTheCoreScores() throws Exception {
        try (ModelFollower follower = start()) {
            assertEquals("edit-risk/1", follower.version());
            assertEquals("", follower.problem());
            assertEquals(0, follower.refused());
            assertFalse(follower.swapped());
        }
    }

    @Test
    void aPromotedVersionIsTakenBetweenTwoEdits() throws Exception {
        Core.version(registry, 2);
        Core.version(registry, 3);
        Core.alias(registry, "{\"version\": 2}");
        try (ModelFollower follower = start()) {
            long before = follower.model();
            assertEquals("edit-risk/2", follower.version());
            Core.alias(registry, "{\"version\": 3, \"previous\": 2}");
            await(follower::swapped, "version 3 was not taken");
            assertEquals("edit-risk/3", follower.version());
            assertEquals("edit-risk/3", Native.modelVersion(follower.model()));
            assertTrue(before != follower.model());
        }
    }

    @Test
    void aRefusedVersionIsReportedAndTheOldOneStays() throws Exception {
        Core.version(registry, 2);
        Core.version(registry, 3);
        Files.writeString(registry.resolve("versions/3/model.json"), "{}");
        Core.alias(registry, "{\"version\": 2}");
        try (ModelFollower follower = start()) {
            Core.alias(registry, "{\"version\": 3}");
            await(() -> follower.refused() == 3, "version 3 was not refused");
            assertTrue(follower.problem().startsWith("version 3 is refused: "), follower.problem());
            assertFalse(follower.swapped());
            assertEquals("edit-risk/2", Native.modelVersion(follower.model()));

            Core.alias(registry, "{\"version\": 4}");
            await(() -> follower.refused() == 4, "version 4, which is not there, was not refused");
            assertTrue(follower.problem().contains("versions/4/card.json is not there"), follower.problem());

            Core.alias(registry, "{\"version\": 2, \"previous\": 3}");
            await(follower::swapped, "version 2 was not taken again");
            assertEquals(0, follower.refused());
            assertEquals("", follower.problem());
        }
    }

    @Test
    void aDamagedAliasNamesNoneAndIsReported() throws Exception {
        Core.alias(registry, "{\"version\": 0}");
        try (ModelFollower follower = start()) {
            assertEquals("edit-risk/1", follower.version());
            assertTrue(follower.problem().startsWith("aliases/champion names no version"), follower.problem());
            Core.version(registry, 2);
            Core.alias(registry, "not JSON");
            await(() -> follower.problem().equals("aliases/champion is not JSON"), follower.problem());
            Core.alias(registry, "{\"version\": 2}");
            await(follower::swapped, "version 2 was not taken");
            assertEquals("", follower.problem());
        }
    }

    @Test
    void closingTwiceIsFineAndEndsTheThread() throws Exception {
        ModelFollower follower = start();
        follower.close();
        follower.close();
        boolean runs = Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals("champion"));
        assertFalse(runs);
    }
}
