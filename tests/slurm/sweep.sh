#!/usr/bin/env bash
# A sweep over two nodes of a Slurm cluster on this machine gives the bytes of a sweep without it.
# 77, which is "skipped", where Slurm is not installed or may not be started (it wants root).
#
#   tests/slurm/sweep.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
lbsim=$(realpath "$1")/lbsim
for tool in munged slurmctld slurmd sbatch; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
export PATH=$PATH:/usr/sbin
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$dir"' EXIT
host=$(hostname)
dd if=/dev/urandom of="$dir/munge.key" bs=1 count=1024 status=none
chmod 600 "$dir/munge.key"
mkdir -p "$dir/state" "$dir/spool"
munged --force -F --key-file="$dir/munge.key" --socket="$dir/munge.sock" \
    --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/seed" 2>/dev/null &
cat >"$dir/slurm.conf" <<EOF
ClusterName=t
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock
SlurmctldPort=46817
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=46821 CPUs=1 RealMemory=500
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=46822 CPUs=1 RealMemory=500
PartitionName=main Nodes=n1,n2 Default=YES State=UP
EOF
export SLURM_CONF=$dir/slurm.conf
sleep 1
slurmctld -D >"$dir/ctld.out" 2>&1 &
sleep 1
slurmd -D -N n1 >"$dir/n1.out" 2>&1 &
slurmd -D -N n2 >"$dir/n2.out" 2>&1 &
for ((i = 0; i < 60; ++i)); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
    sleep 1
done

sweep=(scenarios/ring-size.json --vary seed=1:4:1 --vary replications=2,3)
"$lbsim" sweep "${sweep[@]}" --format json --out "$dir/alone.json"
LBSIM=$lbsim src/examples/slurm_sweep.sh 3 "$dir/merged.json" "${sweep[@]}"
for ((i = 0; i < 120; ++i)); do
    [ -e "$dir/merged.json" ] && break
    sleep 1
done
[ -e "$dir/merged.json" ] || { squeue; cat "$dir"/merged.json.parts/*.log "$dir/ctld.out"; exit 1; }
cmp "$dir/alone.json" "$dir/merged.json"
echo "8 cells in 3 parts on 2 nodes: the same bytes"
