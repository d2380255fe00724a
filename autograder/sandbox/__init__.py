"""The sandbox: processes that answer calls for a submission, and can do nothing else.

judge:  zygote_process (starts zygotes) · sandbox_process (one zygote's handle) · child (one process,
            deadlines) · session (one submission) · shared (large arrays that every child may map)
            usage (processor time, and what is sleep)
    both:   frames (values on the wire) · arena (large arrays between one child and the judge)
    child:  zygote → confinement (limits, landlock, seccomp with its syscalls) → runner → cells
            (stand_ins for what only shows something)
"""
