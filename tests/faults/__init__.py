"""The fault matrix of delivery, on one approved issue with a scripted relay (`trial.py`), over both databases.

Where each row is tested; `make torture` repeats rows 4 to 7 a thousand times.

    2-3     killed as recipients are frozen, and before the first end    test_crashes, tests/delivery/test_sending
    4-7     killed with copies claimed, intended, answered, stored       test_crashes, killing, torture
    8       told to stop                                                 test_crashes
    9       stopped for longer than its lease                            test_crashes
    10-19   what relays answer, and when they do not                     test_relays, tests/delivery/test_smtp
    20-23   encryption, passwords, nonsense, limits of relays            test_relays, tests/delivery/test_smtp
    24-26   a full disk, a locked, crashed, cut store, a power cut       test_stores
    27      many schedulers                                              tests/flow/test_processes
    28      two senders of one issue                                     test_meanwhile
    30      a clock that steps in the middle                             test_meanwhile, tests/delivery/test_pace
    33, 35  what is too much, and evil titles                            tests/flow/test_hostile_mail
    36      who leaves meanwhile                                         test_meanwhile, tests/delivery/test_sending
    37      scanners that follow every link                              tests/web
    38      imports that are killed or repeated                          tests/actions, tests/store/test_intakes
    39      a new schema under an issue on its way                       tests/store/test_migrations, test_database
    40      settings and keys that change meanwhile                      test_meanwhile, tests/cli/test_upkeep
    42      memory with many recipients                                  tests/benchmarks/delivery
"""
