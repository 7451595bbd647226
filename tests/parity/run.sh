#!/usr/bin/env bash
# Compares the cache with that of hikari, another library, over streams of events made anew.
#
#   run.sh FOLDER [SEED [ROUNDS]]
#
# FOLDER has `gen_stream.py`, which makes streams; `hikari_oracle.py`, which replays one through hikari and writes
# what its cache holds; and `requirements.txt`, the version of hikari. If it has `fixtures`, those are compared too.
# SEED is that of the first stream, each has one of its own; by default it is another each time, and told. ROUNDS is
# how often all configurations are made, 2 unless said. Needs python3 with venv. Everything goes to target/parity.
set -euo pipefail

usage() {
    sed -n 's/^# \{0,1\}//; 2,/^set/p' "$0" | sed '$d' >&2
    exit 2
}

[[ $# -ge 1 && -f $1/gen_stream.py && -f $1/hikari_oracle.py && -f $1/requirements.txt ]] || usage
folder=$(cd "$1" && pwd)
seed=${2:-$((RANDOM * 32768 + RANDOM))}
rounds=${3:-2}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${CARGO_TARGET_DIR:-$root/target}/parity
streams=$work/streams

venv=$work/venv
if ! cmp -s "$folder/requirements.txt" "$venv/requirements.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$folder/requirements.txt"
    cp "$folder/requirements.txt" "$venv/"
fi

rm -rf "$streams"
mkdir -p "$streams"
: >"$streams/index.tsv"

# one NAME 'GENERATOR ARGUMENTS' 'ORACLE ARGUMENTS': makes a stream and what hikari holds after it.
one() {
    local name=$seed-$1 made="--seed $seed $2" errors
    errors=$work/errors
    # shellcheck disable=SC2086 # the arguments are words
    "$venv/bin/python" "$folder/gen_stream.py" $made --out "$streams/$name.ndjson"
    # hikari raises on some of what is asked for, and says so with its status.
    # shellcheck disable=SC2086
    "$venv/bin/python" "$folder/hikari_oracle.py" "$streams/$name.ndjson" --index --order $3 \
        --out "$streams/$name.expected.json" 2>"$errors" || grep -q '"problem"' "$errors"
    printf '%s\t%s\t%s\t%s\n' "$name" "$made" "$3" "$(grep -c '"problem"' "$errors" || true)" >>"$streams/index.tsv"
    seed=$((seed + 1))
}

all="--max-messages 1000000"
people=GUILD_MEMBER_ADD,GUILD_MEMBER_UPDATE,GUILD_MEMBER_REMOVE,VOICE_STATE_UPDATE,GUILD_MEMBERS_CHUNK
outage=GUILD_UNAVAILABLE,GUILD_UPDATE,GUILD_LEAVE,GUILD_JOIN,GUILD_CREATE_UNAVAILABLE,READY_AGAIN,CHANNEL_UPDATE
threads=THREAD_CREATE,THREAD_UPDATE,THREAD_DELETE,THREAD_LIST_SYNC,THREAD_MEMBERS_UPDATE,THREAD_MEMBER_UPDATE
said=MESSAGE_CREATE,MESSAGE_UPDATE,MESSAGE_DELETE,MESSAGE_DELETE_BULK,MESSAGE_REACTION_ADD,MESSAGE_REACTION_REMOVE
invites=INVITE_CREATE,INVITE_DELETE,GUILD_LEAVE,GUILD_JOIN,CHANNEL_CREATE,CHANNEL_DELETE
quirks=invite_dup,orphan_channel,unknown_types,u64,unchunked_presence

echo "the first seed is $seed" >&2
for ((round = 0; round < rounds; round++)); do
    one plain '--guilds 2 --members 12 --events 600 --plain' "$all"
    one large '--guilds 1 --members 280 --events 200 --plain' "$all"
    one small '--guilds 5 --members 3 --events 500 --plain' "$all"
    one default '--guilds 2 --members 12 --events 800' ''
    one long '--guilds 3 --members 30 --events 2500' ''
    one few-messages '--guilds 2 --members 8 --events 500' '--max-messages 20'
    one own-member '--guilds 2 --members 12 --events 400 --plain' "--only-my-member $all"
    one own-member-limit '--guilds 2 --members 12 --events 500' '--only-my-member'
    one no-members '--guilds 2 --members 8 --events 400 --plain' "--components ALL,-MEMBERS $all"
    one no-guilds '--guilds 2 --members 8 --events 400 --plain' "--components ALL,-GUILDS $all"
    one no-messages '--guilds 3 --members 8 --events 500' '--components ALL,-MESSAGES'
    one no-roles '--guilds 2 --members 8 --events 300 --plain' "--components ALL,-ROLES,-EMOJIS,-PRESENCES $all"
    one some '--guilds 2 --members 8 --events 300 --plain' '--components GUILDS,GUILD_CHANNELS,ROLES'
    one voice '--guilds 2 --members 8 --events 400 --plain' '--components VOICE_STATES'
    one none '--guilds 1 --members 5 --events 100' '--components NONE'
    one calls '--guilds 3 --members 8 --events 400 --calls 300 --plain' "$all --max-dm-channel-ids 3"
    one many-calls '--guilds 2 --members 10 --events 400 --calls 800' '--max-messages 40'
    one quirks "--guilds 3 --members 8 --events 600 --only $invites,PRESENCE_UPDATE,$said --quirks $quirks" ''
    one members "--guilds 2 --members 10 --events 600 --only $people,MESSAGE_CREATE --plain" "$all"
    one outage "--guilds 4 --members 6 --events 250 --only $outage --plain" ''
    one threads "--guilds 2 --members 6 --events 500 --only $threads,CHANNEL_DELETE,CHANNEL_CREATE --plain" ''
    one messages "--guilds 2 --members 6 --events 800 --only $said,GUILD_MEMBER_UPDATE,GUILD_MEMBER_REMOVE" \
        '--max-messages 60'
done

compared=$streams
if [[ -d $folder/fixtures ]]; then
    compared=$folder/fixtures:$streams
fi
cd "$root"
GATEWRIGHT_CACHE_STREAMS=$compared cargo test --locked -p gatewright --test cache -- --nocapture \
    the_cache_differs_from_that_of_hikari_only_where_it_is_meant_to
echo "$(wc -l <"$streams/index.tsv") streams made anew agree, the first of seed $((seed - 22 * rounds))" >&2
