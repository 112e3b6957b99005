package org.wikisentry.connect.eventstreams;

import java.util.List;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * Where an event stood in its source, as far as it says.
 *
 * @param position null if neither the event nor its id says
 * @param time to resume at if it was the last, or {@link EventTime#NONE}
 */
record Place(Position position, long time) {
    /**
     * The id is the protocol's own word: where it names an offset that the payload contradicts, as a
     * relay that renumbers would, the id is right. Up to {@code window} offsets off it names where to
     * resume, as of an event that overtook others or was overtaken.
     */
    static Place of(Position position, long time, List<IdEntry> id, int window) {
        for (IdEntry entry : id) {
            if (entry.partition() != position.partition() || !entry.topic().equals(position.topic())) {
                continue;
            }
            if (entry.isTime()) {
                // It names the first millisecond after the event.
                return new Place(position, entry.timestamp() - 1);
            }
            long next = entry.offset() == null ? PartitionMark.NONE : entry.offset();
            boolean isNear = Math.abs(next - 1 - position.offset()) <= window;
            if (next > 0 && !isNear) {
                return new Place(new Position(position.topic(), position.partition(), next - 1), time);
            }
            break;
        }
        return new Place(position, time);
    }
}
