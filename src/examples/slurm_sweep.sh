#!/usr/bin/env bash
# A sweep over the machines of a Slurm cluster: an array of jobs, a shard each, and a merge that
# waits for all of them.  Prints the number of the merging job.
#
#   slurm_sweep.sh PARTS OUT.json SCENARIO --vary PATH=VALUES ...
#
# A job that is killed and queued again goes on where it was cut off.  LBSIM names the program, if
# it is not on the path of the machines.
set -euo pipefail
parts=$1 out=$2
shift 2
lbsim=${LBSIM:-lbsim}
printf -v sweep '%q ' "$lbsim" sweep "$@"
folder=$out.parts
mkdir -p "$folder"
printf -v quoted '%q' "$folder"
array=$(sbatch --parsable --array="1-$parts" --output="$folder/%a.log" --wrap "
    $sweep --shard \$SLURM_ARRAY_TASK_ID/$parts --resume --format json \
        --out $quoted/\$SLURM_ARRAY_TASK_ID.json")
printf -v merge '%q ' "$lbsim" merge $(seq -f "$folder/%g.json" 1 "$parts")
printf -v to '%q' "$out"
sbatch --parsable --dependency="afterok:$array" --output="$folder/merge.log" \
    --wrap "$merge --format json --out $to"
