package org.wikisentry.connect.eventstreams;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;

/**
 * Which redirects of the service are followed: to any host and port, but never to where events could be
 * read or changed on their way, nor from elsewhere into the own network. The engine follows the same.
 */
final class Redirection {
    /** The longest chain that is followed. */
    private static final int MAX = 5;

    /** Longest address that is shown, in characters. */
    private static final int ADDRESS_SHOWN = 200;

    private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);

    private Redirection() {}

    /** Whether an answer is a redirect that says where to. */
    static boolean isOne(HttpResponse<?> response) {
        return STATUSES.contains(response.statusCode())
                && response.headers().firstValue("Location").isPresent();
    }

    /**
     * Where a redirect leads.
     *
     * @param asked the addresses asked so far, the one in the settings first
     */
    static URI follow(HttpResponse<?> response, List<URI> asked) throws ConnectionException {
        String location = response.headers().firstValue("Location").orElseThrow();
        URI to;
        try {
            to = asked.get(asked.size() - 1).resolve(location);
        } catch (IllegalArgumentException none) {
            throw ConnectionException.status(response.statusCode(), 0, "it redirects to what is no address");
        }
        String objection = objection(asked, to);
        if (objection != null) {
            throw ConnectionException.status(
                    response.statusCode(), 0, "it redirects to " + shown(to) + ", which is not followed: " + objection);
        }
        return to;
    }

    /** Why a redirect is not followed; null if it is. */
    static String objection(List<URI> asked, URI to) {
        String scheme = String.valueOf(to.getScheme());
        boolean isHttp = scheme.equalsIgnoreCase("http");
        boolean fromNear = Checks.isNear(asked.get(0).getHost());
        boolean wasSecure = asked.stream().anyMatch(url -> "https".equalsIgnoreCase(url.getScheme()));
        if (asked.size() > MAX) {
            return "one redirect leads to the next";
        }
        if (to.getHost() == null || !(isHttp || scheme.equalsIgnoreCase("https"))) {
            return "it leads out of the web";
        }
        if (to.getUserInfo() != null) {
            return "it holds a user name or password";
        }
        if (Checks.isNear(to.getHost()) && !fromNear) {
            return "it leads into the own network";
        }
        return isHttp && (wasSecure || !Checks.isNear(to.getHost())) ? "it leads to plain http" : null;
    }

    private static String shown(URI to) {
        String text = to.getUserInfo() == null
                ? to.toASCIIString()
                : to.toASCIIString().replace(to.getRawUserInfo() + '@', "");
        return text.length() <= ADDRESS_SHOWN ? text : text.substring(0, ADDRESS_SHOWN) + '…';
    }
}
