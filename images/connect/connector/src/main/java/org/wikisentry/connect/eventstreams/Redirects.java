package org.wikisentry.connect.eventstreams;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Keeps apart the redirects that people make and those that moves leave behind, which
 * {@code page_change} tells as creations, too, mostly some 100 ms before the move. A creation waits
 * here for its move, as if others had overtaken it: until it is taken, the bookmark stays before it, so
 * that a crash loses nothing; where it would not, nothing waits. Where the move came first, it is
 * remembered.
 */
final class Redirects {
    /** How long a creation waits; the service takes in both within about 100 ms. */
    private static final long LONGEST_WAIT_MILLIS = 1_000;

    /** How many frames may overtake one that waits, whatever the reorder window is. */
    private static final int MAX_OVERTAKING = 50;

    /** A larger event does not wait; that of a redirect has 3 KB. */
    private static final int MAX_WAITING_BYTES = 64 * 1024;

    /** Redirects of moves that are remembered for creations that come later. */
    private static final int REMEMBERED = 256;

    private record Waiting(String redirect, Frame frame, long since, long number) {}

    private final int overtaking;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Set<String> left = new LinkedHashSet<>();
    private long frames;

    /** Fewer frames than the window overtake a creation, so that it never counts as a gap. */
    Redirects(int reorderWindow) {
        overtaking = Math.min(reorderWindow / 2, MAX_OVERTAKING);
    }

    /** Counts a frame of any kind. */
    void countFrame() {
        frames++;
    }

    /** Whether a move said that it left this redirect. */
    boolean isLeft(String redirect) {
        return left.contains(redirect);
    }

    /** Whether an event may wait here. */
    boolean mayWait(Frame frame) {
        return overtaking > 0 && frame.bytes() <= MAX_WAITING_BYTES;
    }

    /** Takes in the creation of a redirect. */
    void await(String redirect, Frame frame, long now) {
        waiting.add(new Waiting(redirect, frame, now, frames));
    }

    /** Remembers what a move says, and gives its creation back if that waits; else null. */
    Frame moved(String redirect) {
        left.add(redirect);
        if (left.size() > REMEMBERED) {
            Iterator<String> oldest = left.iterator();
            oldest.next();
            oldest.remove();
        }
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            Waiting creation = each.next();
            if (creation.redirect().equals(redirect)) {
                each.remove();
                return creation.frame();
            }
        }
        return null;
    }

    /** The next creation whose move no longer comes; null if there is none. */
    Frame due(long now) {
        Waiting first = waiting.peek();
        boolean isDue = first != null
                && (frames - first.number() >= overtaking || now - first.since() >= LONGEST_WAIT_MILLIS);
        return isDue ? next() : null;
    }

    /** The next creation, due or not; null if none waits. */
    Frame next() {
        Waiting first = waiting.poll();
        return first == null ? null : first.frame();
    }
}
