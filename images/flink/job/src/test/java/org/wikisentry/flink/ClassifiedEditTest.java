package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ClassifiedEditTest {
    @Test
    void eachPartStandsWhereTheCoreSaysItDoes() {
        byte[] edit = Edits.edit(-5, 6, 2, 1_700_000_000_123L, "{\"wiki\":\"enwiki\"}");
        assertFalse(ClassifiedEdit.isDeadLetter(edit));
        assertTrue(ClassifiedEdit.isBot(edit));
        assertEquals(1_700_000_000_123L, ClassifiedEdit.eventTime(edit));
        assertEquals(-5, ClassifiedEdit.idHigh(edit));
        assertEquals(6, ClassifiedEdit.idLow(edit));
        assertEquals(71, ClassifiedEdit.user(edit));
        assertEquals(72, ClassifiedEdit.page(edit));
        assertEquals("enwiki:A page", text(ClassifiedEdit.key(edit)));
        assertEquals("{\"wiki\":\"enwiki\"}", text(ClassifiedEdit.json(edit)));
    }

    @Test
    void ofADeadLetterTheRecordIsLeft() {
        byte[] letter = {Native.DEAD_LETTER, '{', '}'};
        assertTrue(ClassifiedEdit.isDeadLetter(letter));
        assertEquals("{}", text(ClassifiedEdit.deadLetter(letter)));
    }

    @Test
    @Tag("native")
    void botsHaveTheNumberThatTheCoreGivesThem() {
        for (int i = 0; i < Native.USER_TYPES.length; i++) {
            byte[] edit = Edits.edit(1, 2, i, 0, "{}");
            assertEquals(Native.USER_TYPES[i].equals("bot"), ClassifiedEdit.isBot(edit));
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
