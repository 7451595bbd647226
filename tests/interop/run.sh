#!/usr/bin/env bash
# Runs clients that others wrote against `gatewright simulate`, each as its users install it.
#
#   run.sh [discordjs|discordpy|twilight ...]    all of them unless named
#
# GATEWRIGHT may name a binary to use; without it, one is built. Packages and builds go to
# target/interop only. Needs node and npm, python3 with venv, or cargo, for the clients that run.
set -euo pipefail

readonly GUILDS=5

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/interop
gatewright=${GATEWRIGHT:-}
simulator=
failed=0

end_simulator() {
    if [[ -n $simulator ]]; then
        kill -TERM "$simulator" 2>/dev/null || true
        wait "$simulator" || true
        simulator=
    fi
}
trap end_simulator EXIT

# Prints the URL of the simulator that writes to $1, once it tells it.
url_told_in() {
    local left url
    for ((left = 100; left > 0; left--)); do
        url=$(sed -n 's/^simulated gateway at \([^ ]*\).*/\1/p' "$1")
        if [[ -n $url ]]; then
            printf '%s\n' "$url"
            return
        fi
        kill -0 "$simulator" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

# Prints the complaint a client is known to cause, which the real gateway lets pass as well.
known_complaint() {
    case $1 in
        # discord.py always asks for compressed payloads, also on its compressed transport.
        discordpy) echo 'an Identify asks for payload compression on a compressed transport' ;;
        *) ;;
    esac
}

# Prints the codes a client may close with when it is done.
closing_codes() {
    case $1 in
        # Client.close of discord.py means 1000, but its reader closes with 4000 when it comes first.
        discordpy) echo '1000|4000' ;;
        *) echo 1000 ;;
    esac
}

# Says what is wrong with the record a simulator left in $2 of a run of client $1.
judge() {
    local client=$1 log=$2 last known complaints expected=0
    last=$(tail -n 1 "$log")
    if ! [[ $last =~ ^([0-9]+)\ connections,\ 1\ sessions\ begun,\ 1\ resumed,\ [0-9]+\ events,\ ([0-9]+)\ complaints$ ]]; then
        echo "not one session, resumed once: $last"
        return
    fi
    complaints=${BASH_REMATCH[2]}
    known=$(known_complaint "$client")
    if [[ -n $known ]]; then
        expected=$(grep -cF "Complaint(\"$known\")" "$log" || true)
        if ((expected > 0)); then
            printf '  known of this client, %s x: %s\n' "$expected" "$known" >&2
        fi
    fi
    if ((complaints > expected)); then
        echo "$((complaints - expected)) complaints"
    elif ! grep -qE "ClosedByClient .*CloseCode\(($(closing_codes "$client"))\)" "$log"; then
        echo 'the client did not close as it should'
    fi
}

# run CLIENT VARIANT 'SIMULATOR OPTIONS' COMMAND...: runs the command, the URL and the number of
# guilds added to it, against a simulator of its own.
run() {
    local client=$1 variant=$2 options=$3 url wrong='' began=$SECONDS
    local log=$work/$client-$variant.log errors=$work/$client-$variant.err
    shift 3
    : >"$log"
    : >"$errors"
    # shellcheck disable=SC2086 # the options are words
    "$gatewright" simulate --listen 127.0.0.1:0 --guilds "$GUILDS" --rate 100 --fault drop \
        $options >"$log" 2>&1 &
    simulator=$!
    if url=$(url_told_in "$log"); then
        "$@" "$url" "$GUILDS" 2>"$errors" || wrong='the client failed'
    else
        wrong='the simulator did not start'
    fi
    end_simulator
    if [[ -z $wrong ]]; then
        wrong=$(judge "$client" "$log")
    fi
    if [[ -n $wrong ]]; then
        failed=1
        echo "$client $variant: FAILED: $wrong" >&2
        tail -n 20 "$errors" >&2 || true
        grep -E 'Complaint|Refused|Closed' "$log" >&2 || true
        tail -n 1 "$log" >&2
    fi
    echo "  run in $((SECONDS - began)) s" >&2
}

discordjs() {
    local dir=$work/discordjs began=$SECONDS
    mkdir -p "$dir"
    cp "$here"/discordjs/{package.json,package-lock.json,client.mjs} "$dir/"
    (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >install.log 2>&1) ||
        { cat "$dir/install.log" >&2 && return 1; }
    echo "  discordjs installed in $((SECONDS - began)) s" >&2
    run discordjs none '' node "$dir/client.mjs" none
    run discordjs payload '' node "$dir/client.mjs" payload
    run discordjs zlib-stream '' node "$dir/client.mjs" zlib-stream
}

discordpy() {
    local venv=$work/discordpy began=$SECONDS
    [[ -x $venv/bin/python ]] || python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement "$here/discordpy/requirements.txt"
    echo "  discordpy installed in $((SECONDS - began)) s" >&2
    # Guilds over its large_threshold of 250, so that it asks for their members.
    run discordpy zlib-stream '--members 300' "$venv/bin/python" "$here/discordpy/client.py"
}

twilight() {
    local began=$SECONDS variant
    for variant in none zlib-stream; do
        local features=()
        [[ $variant == none ]] || features=(--features zlib)
        cargo build --quiet --locked --manifest-path "$here/twilight/Cargo.toml" \
            --target-dir "$work/twilight" "${features[@]+"${features[@]}"}"
        cp "$work/twilight/debug/gatewright-interop-twilight" "$work/twilight/$variant"
    done
    echo "  twilight built in $((SECONDS - began)) s" >&2
    run twilight none '' "$work/twilight/none"
    run twilight zlib-stream '' "$work/twilight/zlib-stream"
}

if [[ $# -eq 0 ]]; then
    set -- discordjs discordpy twilight
fi
for client; do
    if [[ ! $client =~ ^(discordjs|discordpy|twilight)$ ]]; then
        echo 'usage: run.sh [discordjs|discordpy|twilight ...]' >&2
        exit 2
    fi
done
if [[ -z $gatewright ]]; then
    (cd "$root" && cargo build --quiet --release --package gatewright)
    gatewright=$target/release/gatewright
fi
mkdir -p "$work"
for client; do
    case $client in
        discordjs) discordjs ;;
        discordpy) discordpy ;;
        twilight) twilight ;;
    esac
done
exit "$failed"
