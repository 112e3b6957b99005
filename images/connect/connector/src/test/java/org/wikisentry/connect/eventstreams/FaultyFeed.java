package org.wikisentry.connect.eventstreams;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/** A server over a plain socket that answers each connection as a test says, faults included. */
final class FaultyFeed implements AutoCloseable {
    /** What one connection is answered with; it ends when this returns. */
    interface Answer {
        void send(OutputStream out) throws IOException, InterruptedException;
    }

    /** A request's path and headers, these in lower case. */
    record Request(String path, Map<String, String> headers) {
        String lastEventId() {
            return headers.get("last-event-id");
        }
    }

    static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

    final List<Request> requests = new CopyOnWriteArrayList<>();
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Answer> answers;
    private final Queue<Socket> sockets = new ConcurrentLinkedDeque<>();
    private volatile Function<Request, Answer> otherwise = request -> hanging("");
    private final CountDownLatch closed = new CountDownLatch(1);

    /** The answers in turn; once they are used up, connections stay open and silent, unless told. */
    FaultyFeed(Answer... answers) throws IOException {
        this.answers = new ConcurrentLinkedDeque<>(List.of(answers));
        Thread thread = new Thread(this::serve, "faulty-feed");
        thread.setDaemon(true);
        thread.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort() + "/v2/stream";
    }

    /** A text sent as the whole answer. */
    static Answer text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A refusal. */
    static Answer status(int status, String header, String body) {
        return text("HTTP/1.1 " + status + " No\r\n" + header + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** Frames, then silence on an open connection. */
    Answer hanging(String frames) {
        return out -> {
            text(OK + frames).send(out);
            out.flush();
            closed.await();
        };
    }

    /** Answers for later connections; silent ones are closed, so that they are made. */
    void then(Answer... more) throws IOException {
        answers.addAll(List.of(more));
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** How connections are answered once the answers are used up. */
    FaultyFeed otherwise(Function<Request, Answer> answer) {
        otherwise = answer;
        return this;
    }

    /** Waits for a connection. */
    void awaitRequest() throws InterruptedException {
        while (requests.isEmpty()) {
            Thread.sleep(10);
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void serve() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                Request request;
                try {
                    request = read(socket);
                } catch (IOException gone) {
                    // Closed before it was read, as `then` does; the client connects again.
                    continue;
                }
                requests.add(request);
                Answer next = answers.poll();
                Answer answer = next == null ? otherwise.apply(request) : next;
                Thread thread = new Thread(() -> answer(socket, answer), "faulty-feed-answer");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException ended) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(ended);
            }
        }
    }

    private static void answer(Socket socket, Answer answer) {
        try (socket) {
            answer.send(socket.getOutputStream());
            socket.getOutputStream().flush();
        } catch (IOException | InterruptedException gone) {
            // The client went, which is its right.
        }
    }

    private static Request read(Socket socket) throws IOException {
        BufferedReader in = new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        String first = in.readLine();
        if (first == null) {
            throw new IOException("closed without a request");
        }
        String path = first.split(" ")[1];
        Map<String, String> headers = new TreeMap<>();
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            String[] parts = line.split(": *", 2);
            headers.put(parts[0].toLowerCase(java.util.Locale.ROOT), parts[1]);
        }
        return new Request(path, headers);
    }
}
