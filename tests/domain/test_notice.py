from itertools import combinations

from arrears.domain.notice import FIRST_STEP, NoticeKind, SubjectType, notice_id


def test_the_id_never_changes() -> None:
    """It names letters that customers hold in their hands."""
    assert (
        notice_id("0100012345", NoticeKind.PAYMENT_REMINDER, SubjectType.EPISODE, "ab", FIRST_STEP)
        == "480c14691cd0b1f8eace18e826028840"
    )


def test_account_subject_and_step_all_count() -> None:
    names = [
        notice_id(account, NoticeKind.PAYMENT_REMINDER, SubjectType.EPISODE, subject, step)
        for account, subject, step in (("a", "bc", "d"), ("ab", "c", "d"), ("a", "b", "cd"), ("a", "bc", "e"))
    ]
    assert all(one != other for one, other in combinations(names, 2))
