import sympy as sp
from ...statement import *
from ...statement import PROJECT
from ...steps import flow
from ...steps.own_pattern import *
from ...steps.own_pattern import capture_slack, followed_distance, capture_distance
THEOREM = Theorem(
    id="capture",
    order=450,
    title="T", summary="s", source=PROJECT,
    assumptions=(Assumption("certificate","x",capture_slack>0),),
    claims=(Claim("distance","x",followed_distance<=capture_distance),),
    proof=(*flow.FLOW_STEPS,
    Definition("seen-distance","x",(sp.Eq(followed_distance, flow.distance_t),),chooses="t"),
    Conclusion("claim-distance","x","distance",by="distance seen-distance")))
