package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RecordBufferTest {
    private static SourceRecord record(int bytes) {
        return new SourceRecord(Map.of(), Map.of(), "t", null, null, null, null, new byte[bytes], null);
    }

    @Test
    void aFullBufferHoldsTheReaderUntilSomethingIsTaken() throws Exception {
        for (RecordBuffer buffer : List.of(new RecordBuffer(2, 1_000), new RecordBuffer(100, 20))) {
            assertTrue(buffer.put(List.of(record(10), record(10))));
            assertEquals(1.0, buffer.fill());
            var put = CompletableFuture.supplyAsync(() -> put(buffer));
            Thread.sleep(50);
            assertFalse(put.isDone());
            assertEquals(1, buffer.take(1, 0, 0).size());
            assertTrue(put.get());
            assertEquals(2, buffer.records());
            assertEquals(20, buffer.bytes());
        }
    }

    @Test
    void aBatchIsAsLargeAsItMayBeAndLingersForMore() throws Exception {
        RecordBuffer buffer = new RecordBuffer(100, 1_000);
        assertNull(buffer.take(10, 0, 1));
        buffer.put(List.of(record(1)));
        var batch = CompletableFuture.supplyAsync(() -> take(buffer));
        Thread.sleep(50);
        assertFalse(batch.isDone(), "it waits for more");
        buffer.put(List.of(record(1), record(1), record(1)));
        assertEquals(3, batch.get().size());
        assertEquals(1, buffer.records());
    }

    @Test
    void aFailureComesAfterTheRecordsBeforeIt() throws Exception {
        RecordBuffer buffer = new RecordBuffer(100, 1_000);
        buffer.put(List.of(record(1)));
        buffer.fail(new ConnectException("why"));
        assertEquals(1, take(buffer).size());
        assertThrows(ConnectException.class, () -> buffer.take(1, 0, 0));
        assertThrows(ConnectException.class, () -> buffer.take(1, 0, 0));
    }

    @Test
    void closingWakesWhoeverWaits() throws Exception {
        RecordBuffer buffer = new RecordBuffer(1, 1_000);
        buffer.put(List.of(record(1)));
        var put = CompletableFuture.supplyAsync(() -> put(buffer));
        Thread.sleep(50);
        buffer.close();
        assertFalse(put.get());
    }

    private static boolean put(RecordBuffer buffer) {
        try {
            return buffer.put(List.of(record(10)));
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static List<SourceRecord> take(RecordBuffer buffer) {
        try {
            return buffer.take(3, 30_000, 30_000);
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
