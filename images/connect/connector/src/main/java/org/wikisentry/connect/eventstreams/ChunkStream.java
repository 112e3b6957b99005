package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response's body as it comes: a read waits for the next bytes, but never longer than the
 * timeout, which the HTTP client has no setting for once a body has begun. At most a few chunks
 * are asked for in advance, so that a slow reader slows the server down.
 */
final class ChunkStream extends InputStream implements BodySubscriber<ChunkStream> {
    private static final int CHUNKS_IN_ADVANCE = 4;
    private static final ByteBuffer END = ByteBuffer.allocate(0);

    private final LinkedBlockingQueue<List<ByteBuffer>> chunks = new LinkedBlockingQueue<>();
    private final long timeoutMillis;
    private volatile Flow.Subscription subscription;
    private volatile boolean closed;
    private volatile Throwable failure;
    private List<ByteBuffer> current = List.of();
    private int place;
    private boolean ended;

    ChunkStream(long timeoutMillis) {
        this.timeoutMillis = timeoutMillis;
    }

    @Override
    public CompletionStage<ChunkStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription made) {
        subscription = made;
        if (closed) {
            made.cancel();
        } else {
            made.request(CHUNKS_IN_ADVANCE);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> chunk) {
        chunks.add(chunk);
    }

    @Override
    public void onError(Throwable error) {
        failure = error;
        chunks.add(List.of(END));
    }

    @Override
    public void onComplete() {
        chunks.add(List.of(END));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** Waits for at least one byte and returns those that came together with it. */
    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            while (place < current.size()) {
                ByteBuffer buffer = current.get(place);
                if (buffer == END) {
                    ended = true;
                }
                if (buffer.hasRemaining()) {
                    int count = Math.min(length, buffer.remaining());
                    buffer.get(into, offset, count);
                    return count;
                }
                place++;
            }
            if (ended) {
                if (failure != null) {
                    throw ConnectionException.broken(failure);
                }
                return -1;
            }
            next();
        }
    }

    private void next() throws IOException {
        try {
            List<ByteBuffer> chunk = chunks.poll(timeoutMillis, TimeUnit.MILLISECONDS);
            if (chunk == null) {
                throw ConnectionException.silent(timeoutMillis);
            }
            current = chunk;
            place = 0;
            subscription.request(1);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ConnectionException.broken(interrupted);
        }
    }

    /** Bytes that can be read without waiting. */
    @Override
    public int available() {
        int count = 0;
        for (int at = place; at < current.size(); at++) {
            count += current.get(at).remaining();
        }
        return count;
    }

    /** Ends the connection; what was not read is dropped. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription made = subscription;
        if (made != null) {
            made.cancel();
        }
    }
}
