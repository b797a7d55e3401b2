#!/usr/bin/env bash
# Records nginx-access.log.gz: a real nginx before three small backends, on loopback only.
# About 2,000 requests in 40 seconds; everything it starts, it stops.  Needs nginx and python3.
#
#   scenarios/logs/record.sh [OUTPUT]
set -euo pipefail

output=$(realpath "${1:-$(dirname "$0")/nginx-access.log.gz}")
port=${LBSIM_PORT:-18480} # nginx; the backends take the next three
work=$(mktemp -d)
children=()

stop() {
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
    rm -rf "$work"
}
trap stop EXIT

mkdir -p "$work/body"
cat >"$work/nginx.conf" <<CONF
daemon off;
worker_processes 2;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 512; }
http {
    log_format timed '\$remote_addr - \$remote_user [\$time_local] "\$request" '
                     '\$status \$body_bytes_sent "\$http_referer" "\$http_user_agent" '
                     'rt=\$request_time uct="\$upstream_connect_time" '
                     'uht="\$upstream_header_time" urt="\$upstream_response_time" '
                     'ua="\$upstream_addr" us="\$upstream_status"';
    access_log $work/access.log timed;
    client_body_temp_path $work/body;
    proxy_temp_path $work/body;
    fastcgi_temp_path $work/body;
    uwsgi_temp_path $work/body;
    scgi_temp_path $work/body;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    upstream shop {
        zone shop 64k;
        server 127.0.0.1:$((port + 1)) max_fails=0;
        server 127.0.0.1:$((port + 2)) max_fails=0;
        server 127.0.0.1:$((port + 3)) max_fails=0;
        keepalive 32;
    }
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 250ms;
            proxy_next_upstream error timeout http_503;
            proxy_next_upstream_tries 2;
        }
        location = /healthz { return 204; }
    }
}
CONF

cat >"$work/backends.py" <<'PY'
"""Three backends whose service times are timers: two alike, one about three times slower."""
import random, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def backend(port, mean, busy_share, hang_share):
    chance = random.Random(port)
    places = threading.Semaphore(8)  # eight at a time; more wait, and nginx sees the wait

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or 40 ms of delayed acknowledgement would be "service"

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            weight = 2.0 if self.path.startswith("/search") else 1.0
            draw = chance.random()
            with places:
                time.sleep(0.4 if draw < hang_share else weight * chance.gammavariate(4, mean / 4))
            status = 503 if draw > 1 - busy_share else 404 if "missing" in self.path else 200
            body = b"." * chance.randrange(200, 4000)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        daemon_threads = True

        def handle_error(self, *_):
            pass  # nginx gave up on us after its 250 ms, as it should

    threading.Thread(target=Server(("127.0.0.1", port), Handler).serve_forever, daemon=True).start()


first = int(sys.argv[1])
backend(first, 0.008, 0.0, 0.0)
backend(first + 1, 0.008, 0.01, 0.0)
backend(first + 2, 0.025, 0.0, 0.02)
threading.Event().wait()
PY

cat >"$work/clients.py" <<'PY'
"""An open loop: Poisson arrivals at 50 a second for 40 seconds, at most 2,200, whatever happens."""
import http.client, random, sys, time
from concurrent.futures import ThreadPoolExecutor

port = int(sys.argv[1])
chance = random.Random(1)
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64) shop/1", "shop-app/2.3", "curl/7.88.1"]


def path():
    draw = chance.random()
    if draw < 0.70: return "GET", f"/product/{min(int(chance.paretovariate(0.9)), 500)}"
    if draw < 0.85: return "GET", f"/search?q={chance.choice(['shoe', 'hat', 'coat'])}"
    if draw < 0.95: return "POST", "/cart"
    if draw < 0.98: return "GET", "/healthz"
    return "GET", "/missing.png"


def send(method, target, client, agent):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        body = b"item=1" if method == "POST" else None
        connection.request(method, target, body,
                           {"X-Forwarded-For": client, "User-Agent": agent, "Connection": "close"})
        connection.getresponse().read()
        connection.close()
    except OSError as error:
        print("lost:", error, file=sys.stderr)


with ThreadPoolExecutor(64) as pool:
    start = time.monotonic()
    due = 0.0
    for _ in range(2200):
        due += chance.expovariate(50)
        if due > 40: break
        time.sleep(max(0.0, start + due - time.monotonic()))
        client = f"198.51.100.{min(int(chance.paretovariate(0.7)), 254)}"
        pool.submit(send, *path(), client, chance.choice(AGENTS))
PY

python3 "$work/backends.py" $((port + 1)) & children+=($!)
nginx -p "$work" -c "$work/nginx.conf" 2>"$work/start.log" & children+=($!)
sleep 1
python3 "$work/clients.py" "$port"
kill -QUIT "${children[1]}" && wait "${children[1]}" || true # lets it write the last lines
gzip -9 -n -c "$work/access.log" >"$output"
echo "$(wc -l <"$work/access.log") lines, $(wc -c <"$output") bytes: $output"
