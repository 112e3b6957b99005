package org.wikisentry.flink;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Reads the models of one registry, in a folder or below a prefix of an object store; writes nothing. */
final class Registry {
    private static final int MOST_ALIAS_BYTES = 1 << 20;
    private static final int MOST_CARD_BYTES = 16 << 20;
    private static final int MOST_TEXT_BYTES = 1 << 20;
    /** A model of 600 trees has some 3 MB. It passes the heap, which is small. */
    private static final int MOST_MODEL_BYTES = 32 << 20;

    private final Path folder;
    private final FileSystem files;

    /** Argument {@code folder}: such as {@code s3://wikisentry/models/edit-risk}. */
    Registry(String folder) throws IOException {
        this.folder = new Path(folder);
        this.files = FileSystem.get(URI.create(folder));
    }

    /** Bytes of the champion alias; {@code null} if there is none. */
    byte[] alias() throws IOException {
        try {
            return read("aliases/champion", MOST_ALIAS_BYTES);
        } catch (TooLargeException large) {
            // Not a version, but its bytes must be something that can be compared and refused.
            return new byte[0];
        }
    }

    /**
     * Loads a version.
     *
     * @return the model of the core
     * @throws RefusedModelException if it is not there, or not as its card says
     * @throws IOException if it cannot be read now
     */
    long load(int version) throws IOException, RefusedModelException {
        String at = "versions/" + version + "/";
        byte[] card;
        byte[] model;
        byte[] text;
        try {
            card = read(at + "card.json", MOST_CARD_BYTES);
            model = read(at + "model.json", MOST_MODEL_BYTES);
            text = read(at + "text_risk.bin", MOST_TEXT_BYTES);
        } catch (TooLargeException large) {
            throw new RefusedModelException(version, large.getMessage());
        }
        if (card == null || model == null) {
            String missing = card == null ? "card.json" : "model.json";
            throw new RefusedModelException(version, folder + "/" + at + missing + " is not there");
        }
        try {
            return Native.loadModel(folder.getName(), version, model, card, text);
        } catch (NativeException wrong) {
            throw new RefusedModelException(version, wrong.getMessage());
        }
    }

    private byte[] read(String name, int most) throws IOException, TooLargeException {
        Path path = new Path(folder, name);
        FileStatus status;
        try {
            status = files.getFileStatus(path);
        } catch (FileNotFoundException absent) {
            return null;
        }
        if (status.getLen() > most) {
            throw new TooLargeException(path + " has " + status.getLen() + " bytes, more than " + most);
        }
        try (FSDataInputStream in = files.open(path)) {
            return in.readNBytes(most);
        }
    }

    /** A file beyond its bound. */
    private static final class TooLargeException extends Exception {
        private static final long serialVersionUID = 1L;

        TooLargeException(String message) {
            super(message);
        }
    }
}
