package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("native")
class LakeTest {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.UTF_8);

    /** The same as the lake's own test of its partitions. */
    @ParameterizedTest
    @CsvSource({
        "2, 1789616553778, user_type=bot/date=2026-09-17/hour=03",
        "1, 1767223800000, user_type=anonymous/date=2025-12-31/hour=23",
        "0, -1, user_type=registered/date=1969-12-31/hour=23",
        "0, -62135596800000, user_type=registered/date=0001-01-01/hour=00",
    })
    void anEditLiesInTheHourItHappenedIn(int userType, long time, String folder) {
        LakeBucket bucket = new LakeBucket();
        assertEquals(folder, bucket.getBucketId(Edits.edit(1, 1, userType, time, "{}"), null));
        // And from what is remembered.
        assertEquals(folder, bucket.getBucketId(Edits.edit(1, 1, userType, time, "{}"), null));
    }

    @Test
    void hoursAndUserTypesAreKeptApart() {
        LakeBucket bucket = new LakeBucket();
        long distinct = 0;
        var names = new java.util.HashSet<String>();
        for (int hour = -300; hour < 300; hour++) {
            for (int userType = 0; userType < 3; userType++) {
                names.add(bucket.getBucketId(Edits.edit(1, 1, userType, hour * 3_600_000L + 5, "{}"), null));
                distinct++;
            }
        }
        assertEquals(distinct, names.size());
    }

    @Test
    void aFileIsParquetAndHoldsAllEdits(@TempDir Path folder) throws Exception {
        long model = Native.bootstrapModel();
        Path file = folder.resolve("part");
        FileSystem files = FileSystem.getLocalFileSystem();
        try (FSDataOutputStream out = files.create(
                new org.apache.flink.core.fs.Path(file.toUri()), FileSystem.WriteMode.NO_OVERWRITE)) {
            LakeWriter writer = new LakeWriter(out, LakeWriter.Content.EDITS);
            for (int i = 0; i < 1_000; i++) {
                writer.addElement(Core.classified(model, "user-" + i, i));
            }
            writer.flush();
            writer.finish();
        }
        Native.freeModel(model);
        byte[] bytes = Files.readAllBytes(file);
        assertArrayEquals(MAGIC, Arrays.copyOf(bytes, 4));
        assertArrayEquals(MAGIC, Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length));
        // Nothing of it stays with the core.
        assertTrue(bytes.length > 10_000, bytes.length + " bytes for a thousand edits");
    }
}
